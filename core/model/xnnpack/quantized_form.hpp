// The quantisation that fuse_quantization wrote into a node's attributes, as the int8 kernels take it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/kernel.hpp"

namespace sluice::model::xnnpack {

struct Int8Quantization {
  float scale = 1.0F;
  std::int8_t zero_point = 0;
};

// Attributes `prefix`_scale and `prefix`_zero_point.
Int8Quantization read_quantization(const Node& node, const std::string& prefix);

struct QuantizedForm {
  Int8Quantization input;
  Int8Quantization output;
  std::vector<float> weight_scales;    // one for each output channel
  const std::int32_t* bias = nullptr;  // borrowed from the graph
  std::int8_t output_min = -128;
  std::int8_t output_max = 127;
};

// Checks that weights are int8, the bias int32 with `output_channels` elements, and widens a single weight scale to all.
Result<QuantizedForm> read_quantized(const Node& node, const KernelContext& context, std::size_t output_channels);

}  // namespace sluice::model::xnnpack
