#include "native/train/image/compositing.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::train {
namespace {

// Opacity at (u, v) in [-1, 1] from the centre of the patch.
float opacity(float u, float v, PatchShape shape) {
  const float distance =
      std::pow(std::pow(std::abs(u), shape.roundness) + std::pow(std::abs(v), shape.roundness), 1.0F / shape.roundness);
  return std::clamp((1.0F - distance) / shape.rim, 0.0F, 1.0F);
}

}  // namespace

void flip(eval::RgbImage& image) {
  for (std::uint32_t y = 0; y < image.height; ++y) {
    auto* row = image.pixels.data() + std::size_t{y} * image.width * 3;
    for (std::uint32_t a = 0, b = image.width - 1; a < b; ++a, --b)
      std::swap_ranges(row + a * 3, row + a * 3 + 3, row + b * 3);
  }
}

void blend(eval::RgbImage& canvas, const eval::RgbImage& patch, float left, float top, PatchShape shape) {
  const auto x0 = static_cast<std::int64_t>(left);
  const auto y0 = static_cast<std::int64_t>(top);
  for (std::uint32_t py = 0; py < patch.height; ++py) {
    const std::int64_t y = y0 + py;
    if (y < 0 || y >= canvas.height) continue;
    const float v = 2 * (static_cast<float>(py) + 0.5F) / static_cast<float>(patch.height) - 1;
    for (std::uint32_t px = 0; px < patch.width; ++px) {
      const std::int64_t x = x0 + px;
      if (x < 0 || x >= canvas.width) continue;
      const float u = 2 * (static_cast<float>(px) + 0.5F) / static_cast<float>(patch.width) - 1;
      const float alpha = opacity(u, v, shape);
      auto* to = canvas.pixels.data() + (static_cast<std::size_t>(y) * canvas.width + static_cast<std::size_t>(x)) * 3;
      const auto* from = patch.pixels.data() + (std::size_t{py} * patch.width + px) * 3;
      for (int c = 0; c < 3; ++c) {
        to[c] = static_cast<std::uint8_t>(static_cast<float>(to[c]) * (1 - alpha) +
                                          static_cast<float>(from[c]) * alpha + 0.5F);
      }
    }
  }
}

}  // namespace sluice::train
