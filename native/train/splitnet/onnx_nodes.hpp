// ONNX operators by LibTorch's: those that classifiers of pictures are made of, differentiable.
#pragma once

#include <torch/torch.h>

#include <string_view>
#include <vector>

#include "core/model/graph.hpp"
#include "native/train/splitnet/arithmetic.hpp"

namespace sluice::train::splitnet {

struct NodeInputs {
  const model::Node& node;
  std::vector<torch::Tensor> values;  // undefined where an input is left out
  std::int64_t opset = 0;
  Arithmetic arithmetic = Arithmetic::kFloat32;
};

bool node_supported(std::string_view op_type);

// The node's first output. Throws c10::Error, as LibTorch does, where attributes ask for what is not there.
torch::Tensor run_node(const NodeInputs& inputs);

}  // namespace sluice::train::splitnet
