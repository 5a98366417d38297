// A bundle's handle, and the parts that callers pass with it. Internal to bindings/c.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bindings/c/sluice.h"
#include "core/pipeline/manifest.hpp"

struct sluice_bundle {
  sluice::pipeline::Manifest manifest;
  std::vector<std::string> question_parts;
};

namespace sluice::c {

Result<std::vector<pipeline::PartBytes>> read_parts(const sluice_part* parts, std::uint32_t count);

// kInvalidArgument for a target outside (0, 1].
Result<void> check_target(float target);

}  // namespace sluice::c
