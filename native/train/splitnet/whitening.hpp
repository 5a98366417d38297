// Filters that whiten a picture's patches: the directions in which patches differ most, each scaled to unit variance, and
// each a second time with its sign turned so that a ReLU loses nothing.
#pragma once

#include <torch/torch.h>

#include "native/train/splitnet/conv_norm.hpp"

namespace sluice::train::splitnet {

// [count, 3, side, side] of pictures [N, 3, H, W]; `count` is even and at most 6 * side * side.
torch::Tensor whitening_filters(const torch::Tensor& pictures, std::int64_t side, std::int64_t count);

// The first convolution of a network, which has no normalisation, becomes such filters and is not trained.
void make_whitening(ConvNorm& stem, const torch::Tensor& pictures);

}  // namespace sluice::train::splitnet
