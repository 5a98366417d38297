// The server's half of the baselines that rebuild a picture: from values on a quarter of its side to a picture of -1..1, in the
// form that DeepCOD released: self-attention, a residual block that doubles the sides, self-attention, a second such block,
// a convolution, tanh. Where it differs: a convolution of 3x3 brings the values to the blocks' width first; normalisation and ReLU
// stand behind convolutions and not before them, so that a graph has them folded in; widths of 64 and 16, which a CPU trains.
// 26 million multiply-adds at 32x32 with 24 channels of values.
#pragma once

#include "native/train/splitnet/baselines/attention.hpp"
#include "native/train/splitnet/conv_norm.hpp"

namespace sluice::train::splitnet::baselines {

// Twice the side.
class UpBlockImpl : public torch::nn::Module {
 public:
  UpBlockImpl(std::int64_t in, std::int64_t out, Arithmetic arithmetic);

  torch::Tensor forward(const torch::Tensor& x);
  std::string write(OnnxExport& graph, const std::string& x) const;

 private:
  ConvNorm first_{nullptr};
  ConvNorm second_{nullptr};
  ConvNorm shortcut_{nullptr};
};
TORCH_MODULE(UpBlock);

class PictureDecoderImpl : public torch::nn::Module {
 public:
  PictureDecoderImpl(std::int64_t channels, Arithmetic arithmetic);

  torch::Tensor forward(const torch::Tensor& values);  // [N, channels, side, side] to [N, 3, 4 * side, 4 * side]
  std::string write(OnnxExport& graph, const std::string& values, std::int64_t side) const;

 private:
  ConvNorm entry_{nullptr};
  Attention first_attention_{nullptr};
  UpBlock first_up_{nullptr};
  Attention second_attention_{nullptr};
  UpBlock second_up_{nullptr};
  ConvNorm last_{nullptr};
};
TORCH_MODULE(PictureDecoder);

}  // namespace sluice::train::splitnet::baselines
