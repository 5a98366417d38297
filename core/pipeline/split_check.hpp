// Whether a bundle's section `split` and its device half speak of the same thing; see split_route.hpp. Plain function.
#pragma once

#include <cstdint>

#include "core/base/result.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/split/device/device_unit.hpp"

namespace sluice::pipeline {

// The model takes pictures, and no point promises more channels than the unit codes. kMalformedManifest otherwise, naming the value.
Result<void> check_split(const Manifest& manifest, const split::DeviceUnit& unit);

}  // namespace sluice::pipeline
