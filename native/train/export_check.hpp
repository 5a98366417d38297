// Whether an exported filter computes what was trained: the same pictures through the core's runner and through
// LibTorch.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "native/train/gate_network.hpp"

namespace sluice::train {

// Largest difference between the exported model, run by core/model, and the network in LibTorch over `pictures`
// [N, 3, H, W]. Fails when the core cannot load or run the model.
Result<float> compare_export(const std::string& onnx, GateNetwork& network, const torch::Tensor& pictures);

}  // namespace sluice::train
