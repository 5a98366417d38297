// A model that gives back what it gets and carries weights that it does not use, so that a file has the size that a test of memory needs.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::test {

inline constexpr std::uint32_t kBallastSide = 4;

// Input "input" and output "output" [1, 3, 4, 4], float32.
std::string ballast_onnx(std::size_t ballast_bytes);

}  // namespace sluice::test
