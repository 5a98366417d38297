#include "native/media/rotation.hpp"

#include <cmath>
#include <cstring>

#include "native/media/libav.hpp"

namespace sluice::media {

std::uint32_t quarter_turns(const std::int32_t* display_matrix) {
  const double counter_clockwise = av_display_rotation_get(display_matrix);  // degrees
  if (std::isnan(counter_clockwise)) return 0;
  const long turns = std::lround(-counter_clockwise / 90);
  return static_cast<std::uint32_t>(((turns % 4) + 4) % 4);
}

void rotate_rgb(std::span<const std::uint8_t> pixels, std::uint32_t width, std::uint32_t height, std::uint32_t turns,
                std::span<std::uint8_t> out) {
  constexpr std::size_t kPixel = 3;
  const std::size_t out_width = turns % 2 == 0 ? width : height;
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      std::size_t to_x = x;
      std::size_t to_y = y;
      switch (turns % 4) {
        case 1: to_x = height - 1 - y, to_y = x; break;
        case 2: to_x = width - 1 - x, to_y = height - 1 - y; break;
        case 3: to_x = y, to_y = width - 1 - x; break;
        default: break;
      }
      std::memcpy(&out[(to_y * out_width + to_x) * kPixel], &pixels[(y * width + x) * kPixel], kPixel);
    }
  }
}

}  // namespace sluice::media
