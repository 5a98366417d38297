// The benchmark's model whose weights are what moves: three dense layers, 21 million weights, for any number of inputs. Random
// weights, the same each time.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::server {

inline constexpr std::int64_t kDenseInputs = 1024;

// Input "input" [batch, 1024], output "output" [batch, 512], float32.
std::string dense_onnx();

}  // namespace sluice::server
