// Convolution, batch normalisation, activation: the block that the split networks are made of. Exported as one
// convolution, the normalisation folded in. A maximum may be taken in between, where there is least to normalise; it
// changes places with a normalisation whose gain is positive, so there the gain is not learned.
#pragma once

#include <torch/torch.h>

#include "native/train/splitnet/arithmetic.hpp"

namespace sluice::train::splitnet {

enum class Activation : std::uint8_t { kNone, kRelu, kRelu6 };

struct ConvNormDesign {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t padding = 1;
  std::int64_t groups = 1;
  std::int64_t pool = 1;  // side of the maximum taken before the normalisation, which then has no gain; 1: none
  bool normalise = true;
  bool bias = true;  // where nothing is normalised
  Activation activation = Activation::kRelu;
};

class ConvNormImpl : public torch::nn::Module {
 public:
  ConvNormImpl(ConvNormDesign design, Arithmetic arithmetic);

  torch::Tensor forward(torch::Tensor x);

  const ConvNormDesign& design() const { return design_; }
  // Starts as the identity on as many channels as there are, so that signals reach the end of a new network.
  void start_as_identity();

  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};  // empty without normalisation

 private:
  ConvNormDesign design_;
  Arithmetic arithmetic_;
};
TORCH_MODULE(ConvNorm);

// Weight and bias of one convolution that computes what the block does before its activation.
struct FoldedConv {
  torch::Tensor weight;
  torch::Tensor bias;
};
FoldedConv fold(const ConvNorm& block);

}  // namespace sluice::train::splitnet
