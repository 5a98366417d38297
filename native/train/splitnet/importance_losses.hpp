// What pushes importance into the local channels, and how far that got.
// - Skewness: how much of the share rho the local channels lack, max(0, rho - s), as in the paper and its code.
// - Disorder: by how much the most important sent channel exceeds the least important local one. This is the paper's
//   equation 1, on channels. The code compares single elements; since ReLU6 makes some local element zero nearly always,
//   that penalises the largest sent element whatever the local ones are, so it is not built.
#pragma once

#include "native/train/splitnet/importance.hpp"

namespace sluice::train::splitnet {

// Means over the samples that the reference answers right; 0 when there are none.
torch::Tensor skewness_loss(const ChannelImportance& importance, std::int64_t local_channels, double wanted);
torch::Tensor disorder_loss(const ChannelImportance& importance, std::int64_t local_channels);

struct ImportanceFigures {
  double skewness = 0;        // mean share of the local channels
  double disorder_share = 0;  // of the samples, in which a sent channel exceeds a local one
};
ImportanceFigures importance_figures(const ChannelImportance& importance, std::int64_t local_channels);

}  // namespace sluice::train::splitnet
