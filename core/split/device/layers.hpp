// The layers of a device unit, one call each. They compute in whole numbers only: products of a byte and a signed weight, summed
// in 32 bits, rescaled (rescale.hpp), zero added, clamped. The order of the products makes no difference to such sums, so
// every machine and every compiler gets the same bytes.
// `layer` is one that read_device_unit() accepted. Nothing is allocated.
#pragma once

#include "core/split/device/device_unit.hpp"

namespace sluice::split {

// Where a layer's results go. `symbols` is nullptr but for the features' layer.
struct LayerOutput {
  std::uint8_t* values = nullptr;
  std::int8_t* symbols = nullptr;
};

// `window`: layer.window_bytes() of room. `input_zero`: the value that stands for zero, also beside the picture.
void run_convolution(const DeviceUnit& unit, const Layer& layer, const std::uint8_t* input, std::uint8_t input_zero,
                     std::uint8_t* window, LayerOutput output);

void run_depthwise(const DeviceUnit& unit, const Layer& layer, const std::uint8_t* input, std::uint8_t input_zero,
                   LayerOutput output);

// The means are not rounded: their sums are multiplied, and the logits' scale has the number of positions in it.
void run_head(const Layer& layer, const std::uint8_t* input, std::int32_t* logits);

}  // namespace sluice::split
