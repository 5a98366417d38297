// The shares of the guess in a device unit, for a client whose caller runs the unit: of the rest only what leads there is read and checked.
// Pure function.
#pragma once

#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace sluice::split {

// By the number of coded channels that came, from 0 on. kMalformedModel for what is no device unit, or none that can code features.
Result<std::vector<float>> read_guess_shares(Bytes device);

}  // namespace sluice::split
