#include "native/client/held_input.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "tests/core/input/generated_picture.hpp"

using namespace sluice;
using sluice::client::HeldInput;
using sluice::test::generated_picture;
using sluice::test::picture_bytes;

namespace {

const input::ImageView& picture_of(const HeldInput& held) { return std::get<input::ImageView>(held.view()); }

}  // namespace

TEST_CASE("a held picture is a tight copy, whatever the stride and format were") {
  HeldInput held;
  for (const auto format : {input::PixelFormat::kRgba8, input::PixelFormat::kRgb8, input::PixelFormat::kGray8,
                            input::PixelFormat::kI420, input::PixelFormat::kNv12}) {
    const auto picture = generated_picture(format, 13, 7, 5);
    REQUIRE(held.assign(picture.view()));
    const auto* first = reinterpret_cast<const std::byte*>(picture_of(held).planes[0].data);
    CHECK(std::equal(picture.pixels.begin(), picture.pixels.end(), first));
  }
  // Rows 64 bytes apart.
  std::vector<std::byte> padded(64 * 4);
  for (std::size_t y = 0; y < 4; ++y) padded[64 * y] = static_cast<std::byte>(y + 1);
  const auto view = input::make_image(input::PixelFormat::kGray8, 5, 4, padded, 64);
  REQUIRE(held.assign(*view));
  CHECK(picture_of(held).planes[0].stride_bytes == 5);
  for (std::size_t y = 0; y < 4; ++y) CHECK(picture_of(held).planes[0].data[5 * y] == y + 1);
}

TEST_CASE("sound, signals, text and tensors are held as copies that outlive the caller's") {
  HeldInput held;
  std::vector<float> values{1, -2, 3, 4, 5, 6};
  const auto bytes = std::as_bytes(std::span(values));
  const auto first_of = [](Bytes copy) {
    float value = 0;
    std::memcpy(&value, copy.data(), sizeof value);
    return value;
  };
  REQUIRE(held.assign(*input::make_audio(input::SampleFormat::kF32, 3, 2, 16'000, bytes)));
  values[0] = 77;
  const auto& audio = std::get<input::AudioView>(held.view());
  CHECK(first_of(audio.bytes) == 1);
  CHECK(audio.rate_hz == 16'000);
  REQUIRE(held.assign(*input::make_signal(3, 2, bytes)));
  values[0] = 78;
  CHECK(first_of(std::get<input::SignalView>(held.view()).values) == 77);
  REQUIRE(held.assign(*view_of(std::span<const float>(values), {2, 3})));
  values[0] = 79;
  CHECK(std::get<TensorView>(held.view()).as<float>()[0] == 78);
  std::string text = "hello";
  REQUIRE(held.assign(input::TextView{text}));
  text[0] = 'j';
  CHECK(std::get<input::TextView>(held.view()).utf8 == "hello");
  CHECK(HeldInput::check(input::AudioView{}).error().code == ErrorCode::kInvalidInput);
  CHECK(HeldInput::check(TensorView{DataType::kFloat32, {7}, bytes}).error().code == ErrorCode::kInvalidInput);
}

TEST_CASE("the frames of a clip are held one behind the other") {
  HeldInput held;
  const auto first = generated_picture(input::PixelFormat::kRgb8, 5, 4, 1);
  const auto second = generated_picture(input::PixelFormat::kRgb8, 5, 4, 2);
  {
    const std::vector<input::ImageView> frames{first.view(), second.view()};
    REQUIRE(held.assign(input::ClipView{frames}));
  }
  const auto& clip = std::get<input::ClipView>(held.view());
  REQUIRE(clip.frames.size() == 2);
  const auto* bytes = reinterpret_cast<const std::byte*>(clip.frames[1].planes[0].data);
  CHECK(std::equal(second.pixels.begin(), second.pixels.end(), bytes));
  CHECK_FALSE(HeldInput::check(input::ClipView{}));
}

TEST_CASE("views that are no pictures are refused") {
  const auto picture = generated_picture(input::PixelFormat::kI420, 8, 8, 1);
  CHECK_FALSE(HeldInput::check(input::ImageView{}));
  auto view = picture.view();
  view.planes[2].data = nullptr;
  CHECK_FALSE(HeldInput::check(view));
  view = picture.view();
  view.planes[1].stride_bytes = 1;
  CHECK_FALSE(HeldInput::check(view));
  view = picture.view();
  view.format = static_cast<input::PixelFormat>(77);
  CHECK(HeldInput::check(view).error().code == ErrorCode::kInvalidImage);
}
