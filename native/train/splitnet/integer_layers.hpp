// Trained layers in the whole numbers of a device unit (core/split/device): weights of 8 bits with a scale for each output channel,
// values of 8 bits with a scale for each channel and one zero point a layer. The values' scales go into the weights of the next
// layer: channels differ in what they span, those of the features most of all.
#pragma once

#include "core/split/device/unit_writer.hpp"
#include "native/train/splitnet/conv_norm.hpp"

namespace sluice::train::splitnet {

// What a byte of channel c stands for: (byte - zero) * scales[c].
struct ByteScale {
  torch::Tensor scales;  // float64, [channels]
  std::int64_t zero = 0;
};

// Bytes that cover each channel's least to most value, [channels]; with 0 in the middle where any is below 0.
ByteScale byte_scale(const torch::Tensor& least, const torch::Tensor& most);

// What a picture's bytes are to the first layer: floats of -1..1 but for half a byte, which integer_convolution() makes up for.
ByteScale picture_scale();

struct IntegerLayer {
  split::LayerPlan plan;
  ByteScale output;                // of what the layer gives after its activation
  std::vector<double> sum_scales;  // what a unit of each channel's sums stands for
};

// `output` is what the results need; they are never finer than the sums. `sees_picture`: it is the first layer.
IntegerLayer integer_convolution(const ConvNorm& block, ByteScale input, ByteScale output, bool sees_picture);

struct IntegerHead {
  split::LayerPlan plan;
  double logit_scale = 1;
};

// Of the mean over `positions`. The weights have one scale together: the logits are compared with each other.
IntegerHead integer_head(const torch::Tensor& weight, const torch::Tensor& bias, ByteScale input,
                         std::int64_t positions);

}  // namespace sluice::train::splitnet
