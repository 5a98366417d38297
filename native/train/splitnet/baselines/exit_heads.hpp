// Early exits: a linear layer on the mean and the largest value of each channel at a cut of the frozen full model, one a cut, learned
// from labels.
#pragma once

#include <torch/torch.h>

#include <vector>

namespace sluice::train::splitnet::baselines {

// [N, channels, side, side] to [N, 2 * channels].
torch::Tensor pooled(const torch::Tensor& map);

// `features`: pooled, of all pictures. The same seed gives the same layer.
torch::nn::Linear train_exit_head(const torch::Tensor& features, const torch::Tensor& labels, std::int64_t classes,
                                  std::uint32_t epochs, std::uint64_t seed);

}  // namespace sluice::train::splitnet::baselines
