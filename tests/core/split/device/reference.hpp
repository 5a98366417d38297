// What a device unit should compute, straight from the plan and by the definitions: 64-bit sums, floor of a long double.
#pragma once

#include <cstdint>
#include <vector>

#include "core/split/device/unit_writer.hpp"

namespace sluice::test {

struct ReferenceAnswer {
  std::vector<std::int8_t> symbols;
  std::vector<std::int32_t> logits;
};

ReferenceAnswer reference_answer(const split::UnitPlan& plan, const std::vector<std::uint8_t>& picture);

}  // namespace sluice::test
