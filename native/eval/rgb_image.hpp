// A picture held as tightly packed RGB, and the few operations on it that labelling and augmentation need. Plain data;
// not for the per-frame path.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image.hpp"

namespace sluice::eval {

struct RgbImage {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> pixels;  // width * height * 3

  input::ImageView view() const;
};

// Copies any picture to RGB (BT.601), reduced by averaging so that neither side exceeds `max_side`; never enlarged.
Result<RgbImage> to_rgb(const input::ImageView& image, std::uint32_t max_side);

// The part of `image` from (x, y), `width` x `height` pixels large, resampled to `out_width` x `out_height`: averaging
// when reduced, bilinear when enlarged. The part is clipped to the picture first.
Result<RgbImage> crop(const RgbImage& image, float x, float y, float width, float height, std::uint32_t out_width,
                      std::uint32_t out_height);

// A tensor of 0..255 values, [1, 3, H, W], rounded to bytes in planes.
std::vector<std::uint8_t> to_planes(std::span<const float> tensor);

}  // namespace sluice::eval
