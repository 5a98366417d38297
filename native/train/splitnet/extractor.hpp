// The feature extractor, which runs on the device. Two forms:
// - separable, AgileNN's released code: separable 3x3 to 4 channels, separable 3x3 to all, each with normalisation and ReLU6.
//   (The paper speaks of two convolutions with 24 outputs, 34 times as many multiply-adds; its measured times fit the code.)
//   The paper scales CIFAR's pictures up to 96x96 and takes a stride of 3; here the picture stays as it is and the stride
//   is 2, since scaling up costs time and adds nothing.
// - strided, Duan and Zhu's n0: one wide convolution with kernel = stride and a 1x1. No activation at the end: the
//   features are signed, and their scale is what the rate term works on.
#pragma once

#include "native/train/splitnet/conv_norm.hpp"
#include "native/train/splitnet/options.hpp"

namespace sluice::train::splitnet {

// Sides of the picture to one of the features.
std::int64_t extractor_stride(const SplitDesign& design);

class ExtractorImpl : public torch::nn::Module {
 public:
  explicit ExtractorImpl(const SplitDesign& design);

  torch::Tensor forward(const torch::Tensor& pictures);  // [N, channels, side, side]

  // Puts output channel `order[i]` in place i, with all that belongs to it.
  void reorder(const torch::Tensor& order);

  const std::vector<ConvNorm>& layers() const { return layers_; }

 private:
  std::vector<ConvNorm> layers_;
};
TORCH_MODULE(Extractor);

// For a square picture.
std::int64_t extractor_multiply_adds(const SplitDesign& design, std::int64_t picture_side);

}  // namespace sluice::train::splitnet
