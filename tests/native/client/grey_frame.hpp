// A grey picture with pixels of its own, for tests of gates.
#pragma once

#include <vector>

#include "core/input/image.hpp"

namespace sluice::test {

class GreyFrame {
 public:
  explicit GreyFrame(int level, std::uint32_t width = 40, std::uint32_t height = 30)
      : width_(width), height_(height), pixels_(std::size_t{width} * height, static_cast<std::byte>(level)) {}
  input::ImageView view() const { return *input::make_image(input::PixelFormat::kGray8, width_, height_, pixels_); }

 private:
  std::uint32_t width_;
  std::uint32_t height_;
  std::vector<std::byte> pixels_;
};

}  // namespace sluice::test
