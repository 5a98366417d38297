// A model that cannot be told to stop: one operator that takes as long as the input's largest value says, and ONNX Runtime looks for
// the word to stop only between operators.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::test {

// Input "input" and output "output", float32 [1, 3, side, side]. A largest value of n makes n squared comparisons: 1 is done at once,
// a million takes an hour.
std::string unstoppable_onnx(std::uint32_t side);

}  // namespace sluice::test
