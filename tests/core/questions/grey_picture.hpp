// A 2 x 2 grey picture of one value.
#pragma once

#include <array>
#include <cstdint>

#include "core/input/image.hpp"

namespace sluice::questions::test {

struct GreyPicture {
  explicit GreyPicture(std::uint8_t value) { pixels.fill(value); }
  input::ImageView view() const { return {input::PixelFormat::kGray8, 2, 2, {{{pixels.data(), 2}, {}, {}}}}; }
  std::array<std::uint8_t, 4> pixels{};
};

}  // namespace sluice::questions::test
