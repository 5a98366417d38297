// The SKIP filter's network while it is trained: a thin separable convolutional net that scores every place of the
// picture, the best place deciding for the picture (FilterForward's full-frame detector, MLSys'19, ends the same way;
// InFi pools before its dense layers instead). A score for every place lets training use where the full model found
// something. Batch normalisation in place of InFi's layer normalisation: it folds into the convolutions when exported,
// so a normalised layer costs nothing, while layer normalisation has to be computed on every frame.
// One thread at a time, as LibTorch's modules.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "native/train/gate_design.hpp"

namespace sluice::train {

// A convolution with batch normalisation; ReLU where asked.
struct ConvUnitImpl : torch::nn::Module {
  ConvUnitImpl(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t groups,
               bool relu);
  torch::Tensor forward(const torch::Tensor& x);

  torch::nn::Conv2d convolution{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
  bool relu;
};
TORCH_MODULE(ConvUnit);

// Depthwise 3x3 then pointwise, the input added where shapes allow.
struct SeparableBlockImpl : torch::nn::Module {
  SeparableBlockImpl(std::int64_t in, std::int64_t out, std::int64_t stride);
  torch::Tensor forward(const torch::Tensor& x);

  ConvUnit depthwise{nullptr};
  ConvUnit pointwise{nullptr};
  bool residual;
};
TORCH_MODULE(SeparableBlock);

struct GateNetworkImpl : torch::nn::Module {
  explicit GateNetworkImpl(const GateDesign& design);
  // Pictures [N, 3, H, W], scaled to about [-1, 1]; the logit of every place, [N, 1, places_high, places_wide].
  torch::Tensor places(const torch::Tensor& pictures);
  // The probability that the full model is needed, [N].
  torch::Tensor forward(const torch::Tensor& pictures);

  GateDesign design;
  ConvUnit stem{nullptr};
  std::vector<SeparableBlock> blocks;
  ConvUnit head{nullptr};
  torch::nn::Conv2d score{nullptr};
};
TORCH_MODULE(GateNetwork);

}  // namespace sluice::train
