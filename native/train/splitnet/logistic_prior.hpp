// A learned entropy model: for each channel a logistic distribution over whole numbers. What it says a number costs in bits
// is what a range coder with these distributions needs for it, to a few per cent.
#pragma once

#include <torch/torch.h>

namespace sluice::train::splitnet {

class LogisticPriorImpl : public torch::nn::Module {
 public:
  explicit LogisticPriorImpl(std::int64_t channels);

  // Bits of each value, [N, channels, side, side]. Values between whole numbers are priced smoothly.
  torch::Tensor bits(const torch::Tensor& values) const;
  // The same without a gradient to the prior's own parameters; `step`: between the numbers that are told apart.
  torch::Tensor bits_of_fixed_prior(const torch::Tensor& values, double step = 1) const;

  torch::Tensor mean;       // [channels]
  torch::Tensor log_scale;  // [channels]
};
TORCH_MODULE(LogisticPrior);

}  // namespace sluice::train::splitnet
