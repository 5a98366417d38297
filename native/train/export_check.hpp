// Whether an exported filter computes what was trained: the same pictures through the core's runner and through
// LibTorch.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "native/train/embedding_trainer.hpp"
#include "native/train/gate_network.hpp"

namespace sluice::train {

// Largest difference between the exported model, run by core/model, and the network in LibTorch over `pictures`
// [N, 3, H, W]. Fails when the core cannot load or run the model.
Result<float> compare_export(const std::string& onnx, GateNetwork& network, const torch::Tensor& pictures);

// The same for a filter with an embedding, over some of the pictures whose features were learned from; `pictures` holds them in
// the same order, from the first.
struct EmbeddingDifference {
  float score = 0;     // to the filter without the embedding
  float distance = 0;  // L1, of the exported embedding to LibTorch's
};
Result<EmbeddingDifference> compare_embeddings(const std::string& onnx, EmbeddingNetwork& network,
                                               const TrunkFrames& frames, const SampleStore& pictures);

}  // namespace sluice::train
