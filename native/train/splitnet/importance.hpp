// How much each feature channel matters to an answer: Integrated Gradients of the reference network's loss, taken with
// respect to the features from an all-zero baseline, summed over each channel and divided by the sum over all.
// The gradient itself is held fixed, so that a loss on the importance moves the features and not the gradient; second
// derivatives would double the cost of a step.
// The reference network is a remote network that sees all channels and was trained with the extractor before there was a
// quantiser. (The paper's is EfficientNetV2-S behind its own stem, whose 24 channels are why AgileNN has 24.)
#pragma once

#include "native/train/splitnet/remote_network.hpp"

namespace sluice::train::splitnet {

struct ChannelImportance {
  torch::Tensor shares;  // [N, channels], sum 1
  torch::Tensor right;  // [N], 1 where the reference answers with the label: the paper counts these alone, its code all
};

class Importance {
 public:
  // Freezes the reference. `path_points`: gradients along the path beside the baseline's; 1 is the released code's
  // trapezoid of one step.
  Importance(RemoteNetwork reference, std::int64_t classes, std::int64_t path_points);

  ChannelImportance of(const torch::Tensor& features, const torch::Tensor& labels);

 private:
  struct Gradient {
    torch::Tensor values;
    torch::Tensor logits;
  };
  Gradient gradient(const torch::Tensor& features, const torch::Tensor& labels);

  RemoteNetwork reference_;
  std::int64_t classes_;
  std::int64_t path_points_;
  torch::Tensor at_baseline_;  // [classes, channels, side, side]: depends on the label alone
};

}  // namespace sluice::train::splitnet
