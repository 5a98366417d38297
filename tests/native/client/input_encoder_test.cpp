#include "native/client/input_encoder.hpp"

#include <doctest/doctest.h>
#include <turbojpeg.h>

#include <cstring>

#include "tests/core/input/generated_picture.hpp"

using namespace sluice;
using sluice::client::InputEncoder;
using wire::Encoding;

namespace {

pipeline::Encode wanted(std::initializer_list<Encoding> encodings) {
  pipeline::Encode encode;
  for (const Encoding encoding : encodings) encode.encodings.add(encoding);
  return encode;
}

template <typename T>
std::vector<T> values_of(Bytes bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

}  // namespace

TEST_CASE("sound goes as it is where that is accepted, and converted where only the other format is") {
  auto encoder = InputEncoder::create(85);
  REQUIRE(encoder);
  const std::vector<float> floats{0, 0.5F, -1, 2};
  const input::InputView sound =
      *input::make_audio(input::SampleFormat::kF32, 4, 1, 8000, std::as_bytes(std::span(floats)));
  auto payload = encoder->encode(sound, wanted({Encoding::kS16, Encoding::kF32}));
  REQUIRE(payload);
  CHECK(payload->encoding == Encoding::kF32);
  CHECK(values_of<float>(payload->bytes) == floats);
  payload = encoder->encode(sound, wanted({Encoding::kS16}));
  REQUIRE(payload);
  CHECK(values_of<std::int16_t>(payload->bytes) == std::vector<std::int16_t>{0, 16'384, -32'768, 32'767});
  const std::vector<std::int16_t> integers{-32'768, 16'384};
  payload =
      encoder->encode(*input::make_audio(input::SampleFormat::kS16, 2, 1, 8000, std::as_bytes(std::span(integers))),
                      wanted({Encoding::kF32}));
  REQUIRE(payload);
  CHECK(values_of<float>(payload->bytes) == std::vector<float>{-1, 0.5F});
  CHECK(encoder->encode(sound, wanted({Encoding::kJpeg})).error().code == ErrorCode::kUnsupportedEncoding);
}

TEST_CASE("signals, text and tensors go as they are, and clips do not go") {
  auto encoder = InputEncoder::create(85);
  const std::vector<float> values{1, 2, 3, 4};
  const auto bytes = std::as_bytes(std::span(values));
  auto payload = encoder->encode(*input::make_signal(2, 2, bytes), wanted({Encoding::kF32}));
  REQUIRE(payload);
  CHECK(values_of<float>(payload->bytes) == values);
  payload = encoder->encode(input::TextView{"words"}, wanted({Encoding::kUtf8}));
  REQUIRE(payload);
  CHECK(payload->bytes.size() == 5);
  payload = encoder->encode(*view_of(std::span<const float>(values), {2, 2}), wanted({Encoding::kTensor}));
  REQUIRE(payload);
  CHECK(payload->encoding == Encoding::kTensor);
  CHECK(encoder->encode(input::TextView{"words"}, wanted({Encoding::kTensor})).error().code ==
        ErrorCode::kUnsupportedEncoding);
  CHECK(encoder->encode(input::ClipView{}, wanted({Encoding::kTensor})).error().code ==
        ErrorCode::kUnsupportedEncoding);
}

TEST_CASE("pictures take the quality and the scale that are asked for, the encoder's quality at most") {
  auto encoder = InputEncoder::create(60);
  const auto picture = test::generated_picture(input::PixelFormat::kRgb8, 64, 48, 3);
  auto encode = wanted({Encoding::kJpeg});
  const auto size_with = [&](std::uint32_t quality) {
    encode.jpeg_quality = quality;
    return encoder->encode(picture.view(), encode)->bytes.size();
  };
  CHECK(size_with(20) < size_with(60));
  CHECK(size_with(95) == size_with(60));
  encode.scale = 0.5F;
  const auto payload = encoder->encode(picture.view(), encode);
  REQUIRE(payload);
  const tjhandle handle = tjInitDecompress();
  int width = 0, height = 0, sampling = 0, space = 0;
  REQUIRE(tjDecompressHeader3(handle, reinterpret_cast<const unsigned char*>(payload->bytes.data()),
                              payload->bytes.size(), &width, &height, &sampling, &space) == 0);
  tjDestroy(handle);
  CHECK(width == 32);
  CHECK(height == 24);
}
