#include "native/client/picture_encoder.hpp"

#include <doctest/doctest.h>
#include <turbojpeg.h>

#include <array>
#include <cmath>

#include "tests/core/input/generated_picture.hpp"

using namespace sluice;
using sluice::client::PictureEncoder;
using sluice::test::generated_picture;
using wire::Encoding;

namespace {

struct Decoded {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;
};

Decoded decode(Bytes jpeg) {
  Decoded picture;
  const tjhandle handle = tjInitDecompress();
  const auto* data = reinterpret_cast<const unsigned char*>(jpeg.data());
  int sampling = 0;
  int space = 0;
  REQUIRE(tjDecompressHeader3(handle, data, jpeg.size(), &picture.width, &picture.height, &sampling, &space) == 0);
  picture.rgb.resize(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height) * 3);
  REQUIRE(tjDecompress2(handle, data, jpeg.size(), picture.rgb.data(), picture.width, 0, picture.height, TJPF_RGB, 0) ==
          0);
  tjDestroy(handle);
  return picture;
}

constexpr std::array kJpegFirst{Encoding::kWebp, Encoding::kJpeg, Encoding::kRgb8};

}  // namespace

TEST_CASE("a picture survives JPEG in every format, with its colours") {
  auto encoder = PictureEncoder::create(95);
  REQUIRE(encoder);
  const auto check = [&](input::PixelFormat format, std::vector<int> pixels, std::array<int, 3> rgb,
                         input::YuvColours colours = input::YuvColours::kBt601Limited) {
    std::vector<std::byte> bytes;
    for (const int value : pixels) bytes.push_back(static_cast<std::byte>(value));
    auto view = input::make_image(format, 8, 8, bytes);
    REQUIRE(view);
    view->yuv = colours;
    const auto payload = encoder->encode(*view, kJpegFirst);
    REQUIRE(payload);
    CHECK(payload->encoding == Encoding::kJpeg);
    const Decoded decoded = decode(payload->bytes);
    CHECK(decoded.width == 8);
    CHECK(decoded.height == 8);
    for (std::size_t c = 0; c < 3; ++c) CHECK(std::abs(decoded.rgb[3 * 20 + c] - rgb[c]) <= 4);
  };
  const auto repeated = [](std::vector<int> pixel, std::size_t count) {
    std::vector<int> pixels;
    for (std::size_t i = 0; i < count; ++i) pixels.insert(pixels.end(), pixel.begin(), pixel.end());
    return pixels;
  };
  check(input::PixelFormat::kRgb8, repeated({200, 100, 50}, 64), {200, 100, 50});
  check(input::PixelFormat::kBgra8, repeated({50, 100, 200, 9}, 64), {200, 100, 50});
  check(input::PixelFormat::kGray8, repeated({77}, 64), {77, 77, 77});
  // Limited-range red: Y 81, U 90, V 240.
  auto planes = repeated({81}, 64);
  const auto u = repeated({90}, 16);
  const auto v = repeated({240}, 16);
  planes.insert(planes.end(), u.begin(), u.end());
  planes.insert(planes.end(), v.begin(), v.end());
  check(input::PixelFormat::kI420, planes, {254, 0, 0});
  auto interleaved = repeated({81}, 64);
  const auto uv = repeated({90, 240}, 16);
  interleaved.insert(interleaved.end(), uv.begin(), uv.end());
  check(input::PixelFormat::kNv12, interleaved, {254, 0, 0});
  // The same red in the other matrix and ranges.
  const auto planar = [&](int luma, int blue, int red) {
    auto values = repeated({luma}, 64);
    values.insert(values.end(), 16, blue);
    values.insert(values.end(), 16, red);
    return values;
  };
  check(input::PixelFormat::kI420, planar(76, 85, 255), {254, 0, 0}, input::YuvColours::kBt601Full);
  check(input::PixelFormat::kI420, planar(63, 102, 240), {255, 0, 0}, input::YuvColours::kBt709Limited);
  check(input::PixelFormat::kI420, planar(54, 99, 255), {254, 0, 0}, input::YuvColours::kBt709Full);
}

TEST_CASE("odd sizes and strides encode, and better quality takes more bytes") {
  auto coarse = PictureEncoder::create(30);
  auto fine = PictureEncoder::create(95);
  for (const auto format : {input::PixelFormat::kI420, input::PixelFormat::kNv12, input::PixelFormat::kRgba8}) {
    const auto picture = generated_picture(format, 101, 67, 9);
    const auto small = coarse->encode(picture.view(), kJpegFirst);
    REQUIRE(small);
    const std::size_t small_bytes = small->bytes.size();
    CHECK(decode(small->bytes).width == 101);
    const auto large = fine->encode(picture.view(), kJpegFirst);
    REQUIRE(large);
    CHECK(decode(large->bytes).height == 67);
    CHECK(large->bytes.size() > small_bytes);
  }
}

TEST_CASE("a server without JPEG gets packed RGB, and one without both an error") {
  auto encoder = PictureEncoder::create(85);
  const auto picture = generated_picture(input::PixelFormat::kBgra8, 9, 5, 2);
  constexpr std::array rgb_only{Encoding::kTensor, Encoding::kRgb8};
  const auto payload = encoder->encode(picture.view(), rgb_only);
  REQUIRE(payload);
  CHECK(payload->encoding == Encoding::kRgb8);
  REQUIRE(payload->bytes.size() == 9 * 5 * 3);
  for (std::size_t i = 0; i < 45; ++i) {
    CHECK(payload->bytes[3 * i] == picture.pixels[4 * i + 2]);
    CHECK(payload->bytes[3 * i + 2] == picture.pixels[4 * i]);
  }
  constexpr std::array neither{Encoding::kWebp};
  CHECK(encoder->encode(picture.view(), neither).error().code == ErrorCode::kUnsupportedEncoding);
  CHECK(PictureEncoder::create(0).error().code == ErrorCode::kInvalidArgument);
  CHECK_FALSE(PictureEncoder::create(101));
}

TEST_CASE("a picture of more pixels than servers take is sent smaller, one of as many as it is") {
  auto encoder = PictureEncoder::create(80);
  REQUIRE(encoder);
  const auto sent = [&](std::uint32_t width, std::uint32_t height, float scale) {
    const std::vector<std::byte> pixels(std::size_t{width} * height, std::byte{77});
    const auto view = input::make_image(input::PixelFormat::kGray8, width, height, pixels);
    REQUIRE(view);
    const auto payload = encoder->encode(*view, kJpegFirst, {80, scale});
    REQUIRE(payload);
    Decoded decoded = decode(payload->bytes);
    CHECK(std::abs(decoded.rgb[3 * 1000] - 77) <= 2);
    decoded.rgb.clear();
    return decoded;
  };
  const Decoded whole = sent(4096, 4096, 1);
  CHECK(whole.width == 4096);
  CHECK(whole.height == 4096);
  const Decoded wide = sent(8192, 2049, 1);
  CHECK(wide.width == 4095);  // as wide for its height as it was
  CHECK(wide.height == 1024);
  const Decoded smaller = sent(8192, 2049, 0.25F);
  CHECK(smaller.width == 2048);
  CHECK(smaller.height == 512);
}
