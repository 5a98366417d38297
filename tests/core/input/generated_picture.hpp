// Pictures for tests, made by integer arithmetic alone so that they are the same on every machine: smooth gradients
// with noise on top, in any pixel format.
#pragma once

#include <cstdint>
#include <vector>

#include "core/input/image.hpp"

namespace sluice::test {

struct Picture {
  input::PixelFormat format;
  std::uint32_t width;
  std::uint32_t height;
  std::vector<std::byte> pixels;

  input::ImageView view() const { return input::make_image(format, width, height, pixels).value(); }
};

inline std::size_t picture_bytes(input::PixelFormat format, std::uint32_t width, std::uint32_t height) {
  const std::size_t area = std::size_t{width} * height;
  switch (format) {
    case input::PixelFormat::kRgba8:
    case input::PixelFormat::kBgra8: return 4 * area;
    case input::PixelFormat::kRgb8:
    case input::PixelFormat::kBgr8: return 3 * area;
    case input::PixelFormat::kGray8: return area;
    default: return area + 2 * (std::size_t{(width + 1) / 2} * ((height + 1) / 2));
  }
}

inline Picture generated_picture(input::PixelFormat format, std::uint32_t width, std::uint32_t height,
                                 std::uint32_t seed) {
  Picture picture{format, width, height, std::vector<std::byte>(picture_bytes(format, width, height))};
  std::uint32_t state = seed;
  std::uint32_t position = 0;
  for (std::byte& value : picture.pixels) {
    state = state * 1664525U + 1013904223U;
    const std::uint32_t gradient = (position * 3U + (position / width) * 5U) >> 4;
    value = static_cast<std::byte>(((gradient & 127U) + (state >> 25)) & 255U);
    ++position;
  }
  return picture;
}

}  // namespace sluice::test
