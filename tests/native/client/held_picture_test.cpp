#include "native/client/held_picture.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/core/input/generated_picture.hpp"

using namespace sluice;
using sluice::client::HeldPicture;
using sluice::test::generated_picture;
using sluice::test::picture_bytes;

TEST_CASE("a held picture is a tight copy, whatever the stride and format were") {
  HeldPicture held;
  for (const auto format : {input::PixelFormat::kRgba8, input::PixelFormat::kRgb8, input::PixelFormat::kGray8,
                            input::PixelFormat::kI420, input::PixelFormat::kNv12}) {
    const auto picture = generated_picture(format, 13, 7, 5);
    REQUIRE(held.assign(picture.view()));
    const auto* first = reinterpret_cast<const std::byte*>(held.view().planes[0].data);
    CHECK(std::equal(picture.pixels.begin(), picture.pixels.end(), first));
  }
  const auto frame = generated_picture(input::PixelFormat::kI420, 4, 4, 1);
  auto video = frame.view();
  video.yuv = input::YuvColours::kBt709Full;
  REQUIRE(held.assign(video));
  CHECK(held.view().yuv == input::YuvColours::kBt709Full);
  // Rows 64 bytes apart.
  std::vector<std::byte> padded(64 * 4);
  for (std::size_t y = 0; y < 4; ++y) padded[64 * y] = static_cast<std::byte>(y + 1);
  const auto view = input::make_image(input::PixelFormat::kGray8, 5, 4, padded, 64);
  REQUIRE(held.assign(*view));
  CHECK(held.view().planes[0].stride_bytes == 5);
  for (std::size_t y = 0; y < 4; ++y) CHECK(held.view().planes[0].data[5 * y] == y + 1);
}

TEST_CASE("views that are no pictures are refused") {
  const auto picture = generated_picture(input::PixelFormat::kI420, 8, 8, 1);
  CHECK_FALSE(HeldPicture::check(input::ImageView{}));
  auto view = picture.view();
  view.planes[2].data = nullptr;
  CHECK_FALSE(HeldPicture::check(view));
  view = picture.view();
  view.planes[1].stride_bytes = 1;
  CHECK_FALSE(HeldPicture::check(view));
  view = picture.view();
  view.format = static_cast<input::PixelFormat>(77);
  CHECK(HeldPicture::check(view).error().code == ErrorCode::kInvalidImage);
}
