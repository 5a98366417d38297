#include "core/input/preprocessor.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/input/finite.hpp"

using namespace sluice;
using namespace sluice::input;

namespace {

struct Prepared {
  Result<Placement> placement;
  Tensor tensor;
};

Prepared prepare(const InputSpec& spec, const InputView& view) {
  auto made = make_preprocessor(spec, all_preprocessors());
  if (!made) FAIL(made.error().message);
  Tensor tensor = *Tensor::create((*made)->tensor_type(), (*made)->tensor_shape());
  auto placement = (*made)->run(view, tensor.mutable_view());
  return {std::move(placement), std::move(tensor)};
}

ErrorCode code_of(const InputSpec& spec, const InputView& view) {
  const auto prepared = prepare(spec, view);
  REQUIRE_FALSE(prepared.placement.has_value());
  return prepared.placement.error().code;
}

}  // namespace

TEST_CASE("interleaved audio becomes channels by samples, shifted and scaled") {
  const std::array<float, 6> samples = {0, 1, 0.5F, -1, 0.25F, 0};
  const auto view = make_audio(SampleFormat::kF32, 3, 2, 8000, std::as_bytes(std::span(samples)));
  REQUIRE(view.has_value());
  const AudioSpec spec{3, 2, 8000, 0.5F, 2};
  const auto prepared = prepare(spec, *view);
  REQUIRE(prepared.placement.has_value());
  CHECK(prepared.tensor.shape() == Shape{1, 2, 3});
  const auto values = prepared.tensor.as<float>();
  CHECK(std::vector<float>(values.begin(), values.end()) == std::vector<float>{-1, 0, -0.5F, 1, -3, -1});
  const std::array<std::int16_t, 3> shorts = {-32768, 0, 16384};
  const auto mono = prepare(AudioSpec{3, 1, 8000, 0, 1},
                            *make_audio(SampleFormat::kS16, 3, 1, 8000, std::as_bytes(std::span(shorts))));
  CHECK(mono.tensor.as<float>()[0] == -1);
  CHECK(mono.tensor.as<float>()[2] == 0.5F);
}

TEST_CASE("a signal is shifted and scaled channel by channel") {
  const std::array<float, 4> values = {1, 2, 30, 40};
  const auto prepared =
      prepare(SignalSpec{2, 2, {1, 30}, {1, 0.1F}}, *make_signal(2, 2, std::as_bytes(std::span(values))));
  REQUIRE(prepared.placement.has_value());
  CHECK(prepared.tensor.shape() == Shape{1, 2, 2});
  CHECK(prepared.tensor.as<float>()[1] == 1);
  CHECK(prepared.tensor.as<float>()[3] == doctest::Approx(1));
}

TEST_CASE("text becomes bytes plus one, tensors go through, clips stack their frames") {
  const auto text = prepare(TextSpec{4}, TextView{"a\xC3\xA9"});
  CHECK(text.tensor.as<std::int64_t>()[0] == 98);
  CHECK(text.tensor.as<std::int64_t>()[2] == 0xA9 + 1);
  CHECK(text.tensor.as<std::int64_t>()[3] == 0);
  const std::array<std::int8_t, 2> numbers = {-1, 5};
  const auto tensor =
      prepare(TensorSpec{DataType::kInt8, {1, 2}}, *view_of(std::span<const std::int8_t>(numbers), {1, 2}));
  CHECK(tensor.tensor.as<std::int8_t>()[1] == 5);
  ImageSpec picture;
  picture.width = picture.height = 1;
  picture.channels = Channels::kGray;
  const std::array<std::uint8_t, 2> pixels = {10, 20};
  const std::array frames = {ImageView{PixelFormat::kGray8, 1, 1, {{{&pixels[0], 1}, {}, {}}}},
                             ImageView{PixelFormat::kGray8, 1, 1, {{{&pixels[1], 1}, {}, {}}}}};
  const auto clip = prepare(ClipSpec{picture, 2}, ClipView{frames});
  CHECK(clip.tensor.shape() == Shape{1, 2, 1, 1});
  CHECK(clip.tensor.as<float>()[1] == 20);
}

TEST_CASE("inputs of another kind, rate, length or with values that are no numbers are refused") {
  std::array<float, 4> values = {1, 2, 3, std::nanf("")};
  const Bytes bytes = std::as_bytes(std::span(values));
  CHECK(code_of(AudioSpec{4, 1, 8000, 0, 1}, *make_audio(SampleFormat::kF32, 4, 1, 8000, bytes)) ==
        ErrorCode::kInvalidInput);
  CHECK(code_of(SignalSpec{2, 2, {}, {}}, *make_signal(2, 2, bytes)) == ErrorCode::kInvalidInput);
  CHECK(code_of(TensorSpec{DataType::kFloat32, {4}}, *view_of(std::span<const float>(values), {4})) ==
        ErrorCode::kInvalidInput);
  values[3] = 4;
  CHECK(code_of(AudioSpec{4, 1, 16000, 0, 1}, *make_audio(SampleFormat::kF32, 4, 1, 8000, bytes)) ==
        ErrorCode::kInvalidInput);
  CHECK(code_of(AudioSpec{2, 2, 8000, 0, 1}, *make_audio(SampleFormat::kF32, 4, 1, 8000, bytes)) ==
        ErrorCode::kInvalidInput);
  CHECK(code_of(SignalSpec{4, 1, {}, {}}, *make_signal(2, 2, bytes)) == ErrorCode::kInvalidInput);
  CHECK(code_of(SignalSpec{4, 1, {}, {}}, *make_audio(SampleFormat::kF32, 4, 1, 8000, bytes)) ==
        ErrorCode::kInvalidInput);
  CHECK(code_of(ImageSpec{2, 2, {}, {}, {}, {}, 0}, TextView{"a"}) == ErrorCode::kInvalidInput);
  CHECK(code_of(TextSpec{1}, TextView{"ab"}) == ErrorCode::kInvalidInput);
  CHECK(code_of(TensorSpec{DataType::kFloat32, {5}}, *view_of(std::span<const float>(values), {4})) ==
        ErrorCode::kInvalidInput);
}

TEST_CASE("views and specs of impossible sizes are refused before anything is read") {
  const std::array<float, 2> values = {1, 2};
  const Bytes bytes = std::as_bytes(std::span(values));
  constexpr auto huge = std::numeric_limits<std::uint32_t>::max();
  for (const auto& view :
       {make_audio(SampleFormat::kF32, 3, 1, 8000, bytes), make_audio(SampleFormat::kF32, huge, huge, 8000, bytes),
        make_audio(SampleFormat::kF32, 0, 1, 8000, bytes), make_audio(SampleFormat::kF32, 1, 1, 0, bytes),
        make_audio(static_cast<SampleFormat>(9), 1, 1, 8000, bytes)}) {
    REQUIRE_FALSE(view.has_value());
    CHECK(view.error().code == ErrorCode::kInvalidInput);
  }
  CHECK_FALSE(make_signal(3, 1, bytes).has_value());
  CHECK_FALSE(make_signal(huge, huge, bytes).has_value());
  for (const InputSpec& spec :
       {InputSpec(AudioSpec{}), InputSpec(SignalSpec{}), InputSpec(TextSpec{}), InputSpec(ClipSpec{}),
        InputSpec(SignalSpec{2, 2, {1}, {}}), InputSpec(AudioSpec{1, 1, 8000, std::nanf(""), 1})}) {
    CHECK(make_preprocessor(spec, all_preprocessors()).error().code == ErrorCode::kInvalidArgument);
  }
  CHECK(make_preprocessor(TextSpec{8}, image_preprocessors()).error().code == ErrorCode::kUnsupportedEnvironment);
}

TEST_CASE("a float that is not finite is refused with its element, in every type of float and at any address") {
  const auto message_of = [](TensorView tensor) -> std::string {
    const auto checked = check_finite(tensor, "the tensor 'x'");
    if (checked) return "";
    CHECK(checked.error().code == ErrorCode::kInvalidInput);
    return checked.error().message;
  };
  const float endless = std::numeric_limits<float>::infinity();
  const std::array<float, 3> floats = {std::numeric_limits<float>::max(), -std::numeric_limits<float>::denorm_min(),
                                       -0.0F};
  CHECK(message_of(*view_of(std::span<const float>(floats), {3})).empty());
  const std::array<float, 3> bad = {1, 2, -endless};
  CHECK(message_of(*view_of(std::span<const float>(bad), {3})) ==
        "element 2 of the tensor 'x' is infinite, which is not a finite number");
  const std::array<double, 2> doubles = {1e308, std::numeric_limits<double>::quiet_NaN()};
  CHECK(message_of(*view_of(std::span<const double>(doubles), {2})) ==
        "element 1 of the tensor 'x' is nan, which is not a finite number");
  const std::array<std::uint16_t, 2> halves = {0x7bff, 0x7c00};  // the largest, and infinity
  const Bytes half_bytes = std::as_bytes(std::span(halves));
  CHECK(message_of({DataType::kFloat16, {2}, half_bytes}).find("element 1") == 0);
  const std::array<std::uint16_t, 2> brains = {0x7f7f, 0xff81};
  CHECK(message_of({DataType::kBFloat16, {2}, std::as_bytes(std::span(brains))}).find("element 1") == 0);
  CHECK(message_of({DataType::kInt16, {2}, half_bytes}).empty());
  std::array<std::byte, 13> shifted{};
  std::memcpy(shifted.data() + 1, bad.data(), sizeof bad);
  CHECK(message_of({DataType::kFloat32, {3}, Bytes(shifted).subspan(1)}).find("element 2") == 0);
  CHECK(message_of({DataType::kFloat32, {0}, {}}).empty());
}
