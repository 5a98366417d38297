// What loading and running a model may use. Everything that an ONNX file decides is checked against these before memory is
// taken for it, so that a hostile file is refused with a typed error. Plain data.
#pragma once

#include <cstddef>

namespace sluice::model {

struct ModelLimits {
  std::size_t max_model_bytes = std::size_t{512} << 20;
  std::size_t max_nodes = 20'000;
  std::size_t max_values = 100'000;
  std::size_t max_tensor_bytes = std::size_t{512} << 20;  // of any one tensor
  std::size_t max_total_bytes = std::size_t{1} << 30;     // activations and packed weights together
};

}  // namespace sluice::model
