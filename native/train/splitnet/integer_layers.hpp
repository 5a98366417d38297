// Trained layers in the whole numbers of a device unit (core/split/device): weights of 8 bits with a scale for each output channel,
// values of 8 bits with one scale and zero point a layer.
#pragma once

#include "core/split/device/unit_writer.hpp"
#include "native/train/splitnet/conv_norm.hpp"

namespace sluice::train::splitnet {

// What a byte stands for: (byte - zero) * scale.
struct ByteScale {
  double scale = 1;
  std::int64_t zero = 0;
};

// Bytes that cover least to most, with 0 among them exactly.
ByteScale byte_scale(double least, double most);

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
