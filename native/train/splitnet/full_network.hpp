// The full model: a plain convolutional classifier for small pictures, in a form that learns fast on two cores: a stem of
// whitening filters that are computed from the pictures and not trained, then groups of two convolutions that halve the
// sides, a maximum over what is left, and a linear layer. 147 million multiply-adds at 32x32 (a VGG-16 of half width: 78).
#pragma once

#include <array>

#include "native/train/splitnet/conv_norm.hpp"
#include "native/train/splitnet/options.hpp"

namespace sluice::train::splitnet {

inline constexpr std::int64_t kStemChannels = 24;

// Half the side, and features of the next width.
class GroupImpl : public torch::nn::Module {
 public:
  GroupImpl(std::int64_t in, std::int64_t out, std::int64_t pool, Arithmetic arithmetic);
  torch::Tensor forward(const torch::Tensor& x) { return second->forward(first->forward(x)); }

  ConvNorm first{nullptr};
  ConvNorm second{nullptr};
};
TORCH_MODULE(Group);

class FullNetworkImpl : public torch::nn::Module {
 public:
  FullNetworkImpl(const FullDesign& design, Arithmetic arithmetic);

  torch::Tensor forward(const torch::Tensor& pictures);  // logits, [N, classes]

  // Sets the stem to whiten patches like those in the pictures (floats of -1..1).
  void whiten(const torch::Tensor& pictures);

  const FullDesign& design() const { return design_; }

  ConvNorm stem{nullptr};
  std::array<Group, 3> groups{Group{nullptr}, Group{nullptr}, Group{nullptr}};
  torch::nn::Linear head{nullptr};

 private:
  FullDesign design_;
};
TORCH_MODULE(FullNetwork);

// The last maximum and the linear layer: a group's output to logits. They are divided, so that a new network's are small.
inline constexpr double kLogitScale = 0.125;
torch::Tensor classify(const torch::Tensor& x, torch::nn::Linear& head);

}  // namespace sluice::train::splitnet
