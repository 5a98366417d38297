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

namespace sluice::train {

enum class EmbeddingForm {
  kPooled,   // InFi's: a pointwise convolution, the highest over all places
  kGrid,     // a pointwise convolution, means over 3x3 places
  kStrided,  // two 3x3 convolutions that reduce the places on their way
};

// "pooled", "grid", "strided"; kNotFound for anything else.
Result<EmbeddingForm> embedding_form(std::string_view name);

struct EmbeddingDesign {
  EmbeddingForm form = EmbeddingForm::kGrid;
  std::int64_t channels = 8;        // of the layer that goes over the places
  std::int64_t size = 64;           // numbers in an embedding
  std::int64_t trunk_channels = 0;  // of the trunk's features
  std::int64_t high = 0;
  std::int64_t wide = 0;
};

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
