// The smallest model there is: one Identity node over float32 [1, 3, side, side], as ONNX bytes. What is left of a request's
// time when the model costs nothing is the server's own. Pure function.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::server {

// Input "input", output "output".
std::string identity_onnx(std::uint32_t side);

}  // namespace sluice::server
