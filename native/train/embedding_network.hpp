// REUSE's learned distance while it is trained: twin towers that share the SKIP filter's trunk, which stays as it is, and end
// in an embedding. The distance of two inputs is InFi's, z = sigmoid(sum of w |e1 - e2| + b) with weights w >= 0 (MobiCom'22,
// sections 5.2 and 5.4); z grows with the sum, so the exported embedding has w multiplied in and is compared by its plain L1
// distance. InFi pools over all places before its dense layer; where results are boxes, where something is matters, so the
// forms here keep a coarse grid of places. One thread at a time, as LibTorch's modules.
#pragma once

#include <torch/torch.h>

#include <string>

#include "core/base/result.hpp"
#include "core/tensor/tensor.hpp"
#include "native/train/embedding_design.hpp"

namespace sluice::train {

struct EmbeddingNetworkImpl : torch::nn::Module {
  explicit EmbeddingNetworkImpl(const EmbeddingDesign& design);

  // Features [N, channels, high, wide] to embeddings [N, size], w multiplied in.
  torch::Tensor forward(const torch::Tensor& features);
  // z of pairs of embeddings, [N].
  torch::Tensor difference(const torch::Tensor& a, const torch::Tensor& b);
  torch::Tensor weights() const { return torch::softplus(raw_weights); }

  std::uint64_t multiply_adds() const;

  EmbeddingDesign design;
  torch::nn::Conv2d first{nullptr};
  torch::nn::Conv2d second{nullptr};  // of kStrided
  torch::nn::Conv2d last{nullptr};    // over all places that are left
  torch::Tensor raw_weights;          // w = softplus
  torch::Tensor bias;
};
TORCH_MODULE(EmbeddingNetwork);

// The filter with a second output "embedding", [1, size]; the first stays what it was.
Result<std::string> export_embedding(Bytes filter, EmbeddingNetwork& network);

}  // namespace sluice::train
