// A model that never ends for inputs above zero: an ONNX Loop that runs as often as the input's largest value says.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::test {

// Input "input" and output "output", float32 [1, 3, side, side].
std::string endless_onnx(std::uint32_t side);

}  // namespace sluice::test
