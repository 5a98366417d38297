// Makes a device unit's bytes: lays out the parts, plans the arena. What it writes it reads back, so that a plan that does not
// make a good unit is a failure here and not on the device.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/split/device/device_unit.hpp"

namespace sluice::split {

struct LayerPlan {
  LayerKind kind = LayerKind::kConvolution;
  std::uint8_t kernel = 1;
  std::uint8_t stride = 1;
  std::uint8_t padding = 0;
  std::uint8_t output_zero = 0;
  std::uint8_t output_least = 0;
  std::uint8_t output_most = 255;
  std::vector<std::int8_t> weights;  // convolution: [out][y][x][in], depthwise: [y][x][channel], head: [in][class]
  std::vector<std::int32_t> biases;  // one for each output channel, the input's zero taken off
  std::vector<double> factors;       // from sums to results; none for the head
};

struct UnitPlan {
  std::uint16_t picture_width = 0;
  std::uint16_t picture_height = 0;
  std::vector<LayerPlan> layers;
  std::uint16_t features_layer = 0;
  std::uint16_t local_channels = 0;
  std::int16_t first_symbol = 0;
  std::int16_t last_symbol = 0;
  std::vector<double> symbol_factors;    // from the features' sums to symbols, or to the scale of the thresholds
  std::vector<std::int32_t> thresholds;  // empty: symbols are whole numbers
  float logit_scale = 1;
  std::vector<float> shares;  // of the local answer, by the number of coded channels that arrived, from none to all
  std::vector<std::uint8_t> coding;
};

// kInvalidArgument says what does not fit.
Result<std::vector<std::uint8_t>> write_device_unit(const UnitPlan& plan);

// Of sums to results: those below can be written.
inline constexpr double kMostFactor = 0.9999;

// The four bytes of a rescale that is nearest to the factor; a factor too small for them becomes 0. kInvalidArgument for one that is
// negative or not below kMostFactor.
Result<std::uint32_t> make_rescale(double factor);

// What running a unit takes.
struct DeviceCosts {
  std::uint64_t multiply_adds = 0;
  std::uint64_t multiply_adds_to_features = 0;  // of those
  std::uint32_t arena_bytes = 0;
  std::uint32_t weight_bytes = 0;
};
DeviceCosts costs_of(const DeviceUnit& unit);

}  // namespace sluice::split
