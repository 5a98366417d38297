// Pictures of 0..255 bytes as the filter's network wants them, and how a manifest says it.
#pragma once

#include <cstdint>

#include "core/input/image_tensor.hpp"

namespace sluice::train {

inline constexpr float kPixelMean = 127.5F;
inline constexpr float kPixelScale = 1 / 127.5F;

inline float network_value(std::uint8_t value) { return (static_cast<float>(value) - kPixelMean) * kPixelScale; }

inline input::ImageSpec network_input(input::ImageSpec stored) {
  stored.mean = {kPixelMean, kPixelMean, kPixelMean};
  stored.scale = {kPixelScale, kPixelScale, kPixelScale};
  return stored;
}

}  // namespace sluice::train
