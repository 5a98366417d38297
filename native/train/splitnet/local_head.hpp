// The local head: what the device says by itself. AgileNN's form sees the means of the local channels only (and normalises
// its logits; that is a scale and an offset for each class, which the linear layer already has, so it is left out); with
// so few numbers it cannot be accurate. The other form looks at all features, none of which it costs a byte to look at.
#pragma once

#include "native/train/splitnet/conv_norm.hpp"
#include "native/train/splitnet/options.hpp"

namespace sluice::train::splitnet {

class LocalHeadImpl : public torch::nn::Module {
 public:
  LocalHeadImpl(const SplitDesign& design, std::int64_t classes);

  torch::Tensor forward(const torch::Tensor& features);  // [N, channels, side, side] to logits

  const std::vector<ConvNorm>& layers() const { return layers_; }
  torch::nn::Linear head{nullptr};

 private:
  std::int64_t local_channels_ = 0;  // pooled form
  std::vector<ConvNorm> layers_;     // other form
};
TORCH_MODULE(LocalHead);

std::int64_t local_head_multiply_adds(const SplitDesign& design, std::int64_t feature_side, std::int64_t classes);

}  // namespace sluice::train::splitnet
