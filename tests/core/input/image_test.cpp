#include "core/input/image.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace sluice;
using namespace sluice::input;

TEST_CASE("a picture needs exactly the bytes of its format") {
  const std::vector<std::byte> pixels(4096);
  const auto enough = [&](PixelFormat format, std::size_t bytes) {
    return make_image(format, 7, 5, Bytes(pixels).first(bytes)).has_value() &&
           !make_image(format, 7, 5, Bytes(pixels).first(bytes - 1)).has_value();
  };
  CHECK(enough(PixelFormat::kRgba8, 140));
  CHECK(enough(PixelFormat::kBgra8, 140));
  CHECK(enough(PixelFormat::kRgb8, 105));
  CHECK(enough(PixelFormat::kBgr8, 105));
  CHECK(enough(PixelFormat::kGray8, 35));
  CHECK(enough(PixelFormat::kI420, 35 + 2 * 12));
  CHECK(enough(PixelFormat::kNv12, 35 + 2 * 12));
}

TEST_CASE("chroma planes of odd sizes are rounded up") {
  const std::vector<std::byte> pixels(35 + 24);
  const auto planar = make_image(PixelFormat::kI420, 7, 5, pixels);
  REQUIRE(planar);
  CHECK(planar->planes[1].data - planar->planes[0].data == 35);
  CHECK(planar->planes[2].data - planar->planes[1].data == 12);
  CHECK(planar->planes[1].stride_bytes == 4);
  const auto interleaved = make_image(PixelFormat::kNv12, 7, 5, pixels);
  REQUIRE(interleaved);
  CHECK(interleaved->planes[1].stride_bytes == 8);
  CHECK(interleaved->planes[2].data == nullptr);
}

TEST_CASE("a stride may be longer than a row, and the last row may end with its pixels") {
  const std::vector<std::byte> pixels(100);
  CHECK(make_image(PixelFormat::kRgb8, 5, 4, Bytes(pixels).first(3 * 20 + 15), 20));
  CHECK_FALSE(make_image(PixelFormat::kRgb8, 5, 4, Bytes(pixels).first(3 * 20 + 14), 20));
  CHECK_FALSE(make_image(PixelFormat::kRgb8, 5, 4, pixels, 14));
  CHECK_FALSE(make_image(PixelFormat::kI420, 5, 4, pixels, 20));
  CHECK_FALSE(make_image(PixelFormat::kRgb8, 5, 4, pixels, std::numeric_limits<std::size_t>::max()));
}

TEST_CASE("impossible sizes and formats are named") {
  const std::vector<std::byte> pixels(64);
  const auto zero = make_image(PixelFormat::kRgba8, 0, 4, pixels);
  REQUIRE_FALSE(zero);
  CHECK(zero.error().code == ErrorCode::kInvalidImage);
  CHECK(zero.error().message.find("0 x 4") != std::string::npos);
  CHECK_FALSE(make_image(PixelFormat::kI420, 4, 0, pixels));
  const auto huge = make_image(PixelFormat::kGray8, kMaxImageSide + 1, 1, pixels);
  REQUIRE_FALSE(huge);
  CHECK(huge.error().message.find("16385") != std::string::npos);
  CHECK_FALSE(make_image(PixelFormat::kRgba8, 0xffffffffU, 0xffffffffU, pixels));
  const auto unknown = make_image(static_cast<PixelFormat>(99), 2, 2, pixels);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message.find("99") != std::string::npos);
}
