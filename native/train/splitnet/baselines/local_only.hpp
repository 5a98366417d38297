// Local-only: a small network that answers on the device and sends nothing, within the multiply-adds of the shipping device half
// (327 thousand), in MCUNet's role. Separable convolutions behind one of 3x3; learned from labels and the full model's answers.
// Measured in float32, so in whole numbers it would be at most as good.
#pragma once

#include "native/train/splitnet/baselines/baseline_point.hpp"
#include "native/train/splitnet/baselines/picture_codec.hpp"
#include "native/train/splitnet/conv_norm.hpp"

namespace sluice::train::splitnet::baselines {

class LocalNetworkImpl : public torch::nn::Module {
 public:
  explicit LocalNetworkImpl(std::int64_t classes);

  torch::Tensor forward(torch::Tensor x);  // pictures to logits

 private:
  std::vector<ConvNorm> layers_;
  torch::nn::Linear head_{nullptr};
};
TORCH_MODULE(LocalNetwork);

std::uint64_t local_multiply_adds(std::int64_t side, std::int64_t classes);

Result<std::vector<BaselinePoint>> run_local_only(const Subject& subject);

}  // namespace sluice::train::splitnet::baselines
