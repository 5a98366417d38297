// Self-attention over the places of a feature map: each place adds a mixture of all places' values, mixed by how well their keys
// fit its query. Keys and values are taken of 2x2 maxima, which quarters the work. What it adds starts at nothing.
#pragma once

#include <torch/torch.h>

#include "native/train/onnx_export.hpp"
#include "native/train/splitnet/arithmetic.hpp"

namespace sluice::train::splitnet::baselines {

class AttentionImpl : public torch::nn::Module {
 public:
  AttentionImpl(std::int64_t channels, Arithmetic arithmetic);

  torch::Tensor forward(const torch::Tensor& x);
  // `side`: of the square map. Returns the output's name.
  std::string write(OnnxExport& graph, const std::string& x, std::int64_t side) const;

 private:
  std::int64_t channels_;
  torch::ScalarType type_;  // of the products
  torch::nn::Conv2d query_{nullptr};
  torch::nn::Conv2d key_{nullptr};
  torch::nn::Conv2d value_{nullptr};
  torch::nn::Conv2d out_{nullptr};
  torch::Tensor gain_;
};
TORCH_MODULE(Attention);

}  // namespace sluice::train::splitnet::baselines
