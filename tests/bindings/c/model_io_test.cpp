#include "bindings/c/sluice.h"

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/bindings/c/tiny_onnx.hpp"

namespace {

struct Io {
  sluice_model_io* handle = nullptr;
  explicit Io(const std::string& manifest) {
    sluice_bundle* bundle = sluice::c::test::open_bundle(manifest);
    REQUIRE(sluice_model_io_create(bundle, &handle, nullptr) == SLUICE_OK);
    sluice_bundle_destroy(bundle);
  }
  ~Io() { sluice_model_io_destroy(handle); }
  Io(const Io&) = delete;
  Io& operator=(const Io&) = delete;
};

}  // namespace

TEST_CASE("a picture becomes the model's input, and raw outputs become results") {
  Io io(sluice::c::test::bright_manifest());

  sluice_tensor tensor{};
  uint32_t count = 0;
  const std::vector<float> mean{0.1F, 0.2F, 0.3F};
  sluice_tensor output{};
  output.type = 1;
  output.rank = 2;
  output.dims[0] = 1;
  output.dims[1] = 3;
  output.bytes = {mean.data(), mean.size() * sizeof(float)};
  output.name = {"mean", 4};
  CHECK(sluice_model_io_decode(io.handle, &output, 1, &count, nullptr) == SLUICE_INVALID_ARGUMENT);

  const std::vector<unsigned char> pixels(40 * 20 * 3, 51);
  sluice_input image{};
  image.struct_size = sizeof(image);
  image.format = SLUICE_RGB8;
  image.width = 40;
  image.height = 20;
  image.bytes = {pixels.data(), pixels.size()};
  REQUIRE(sluice_model_io_prepare(io.handle, &image, &tensor, nullptr) == SLUICE_OK);
  CHECK(tensor.dims[1] == 3);
  CHECK(tensor.dims[2] == 32);
  REQUIRE(tensor.bytes.length == 3 * 32 * 32 * sizeof(float));
  CHECK(static_cast<const float*>(tensor.bytes.data)[100] == doctest::Approx(0.2));

  REQUIRE(sluice_model_io_decode(io.handle, &output, 1, &count, nullptr) == SLUICE_OK);
  REQUIRE(count == 1);
  REQUIRE(sluice_model_io_result(io.handle, 0, &tensor, nullptr) == SLUICE_OK);
  CHECK(std::string(static_cast<const char*>(tensor.name.data), static_cast<std::size_t>(tensor.name.length)) ==
        "mean");
  CHECK(static_cast<const float*>(tensor.bytes.data)[2] == doctest::Approx(0.3));
  CHECK(sluice_model_io_result(io.handle, 1, &tensor, nullptr) == SLUICE_NOT_FOUND);
}

TEST_CASE("impossible pictures are refused") {
  Io io(sluice::c::test::bright_manifest());
  const std::vector<unsigned char> pixels(64 * 4, 0);
  const auto prepare = [&](uint32_t format, uint32_t width, uint32_t height, uint64_t stride, uint64_t length) {
    sluice_input image{};
    image.struct_size = sizeof(image);
    image.format = format;
    image.width = width;
    image.height = height;
    image.stride_bytes = stride;
    image.bytes = {pixels.data(), length};
    sluice_tensor tensor{};
    return sluice_model_io_prepare(io.handle, &image, &tensor, nullptr);
  };
  CHECK(prepare(SLUICE_RGBA8, 8, 8, 0, 256) == SLUICE_OK);
  CHECK(prepare(SLUICE_RGBA8, 8, 8, 0, 255) == SLUICE_INVALID_IMAGE);
  CHECK(prepare(SLUICE_RGBA8, 4, 8, 32, 256) == SLUICE_OK);
  CHECK(prepare(SLUICE_RGBA8, 8, 8, 16, 256) == SLUICE_INVALID_IMAGE);
  CHECK(prepare(SLUICE_RGBA8, 8, 8, UINT64_MAX, 256) == SLUICE_INVALID_IMAGE);
  CHECK(prepare(SLUICE_RGBA8, 0, 8, 0, 256) == SLUICE_INVALID_IMAGE);
  CHECK(prepare(SLUICE_RGBA8, UINT32_MAX, UINT32_MAX, 0, 256) == SLUICE_INVALID_IMAGE);
  CHECK(prepare(7, 8, 8, 0, 256) == SLUICE_INVALID_IMAGE);
  CHECK(prepare(256, 8, 8, 0, 256) == SLUICE_INVALID_IMAGE);
  sluice_input unset{};
  sluice_tensor tensor{};
  CHECK(sluice_model_io_prepare(io.handle, &unset, &tensor, nullptr) == SLUICE_INVALID_ARGUMENT);
}

TEST_CASE("windows of sound and of sensor readings run through a model and back") {
  const std::string onnx = sluice::c::test::mean_over_time(2, 8);
  sluice_model* model = nullptr;
  REQUIRE(sluice_model_load(onnx.data(), onnx.size(), nullptr, &model, nullptr) == SLUICE_OK);
  std::vector<std::int16_t> sound;  // interleaved: half of full scale left, minus a quarter right
  std::vector<float> signal;        // channel after channel
  for (int i = 0; i < 8; ++i) sound.insert(sound.end(), {16384, -8192});
  for (int i = 0; i < 16; ++i) signal.push_back(i < 8 ? 0.5F : -0.25F);
  sluice_input input{};
  input.struct_size = sizeof(input);
  input.channels = 2;
  std::string manifest;
  SUBCASE("sound") {
    manifest = R"({"modality": "audio", "samples": 8, "channels": 2, "rate_hz": 16000})";
    input.modality = SLUICE_AUDIO;
    input.format = SLUICE_S16;
    input.samples = 8;
    input.rate_hz = 16000;
    input.bytes = {sound.data(), sound.size() * sizeof(std::int16_t)};
  }
  SUBCASE("readings") {
    manifest = R"({"modality": "signal", "steps": 8, "channels": 2})";
    input.modality = SLUICE_SIGNAL;
    input.steps = 8;
    input.bytes = {signal.data(), signal.size() * sizeof(float)};
  }
  Io io(sluice::c::test::window_manifest(manifest));
  sluice_tensor tensor{};
  sluice_error error{};
  error.struct_size = sizeof(error);
  REQUIRE(sluice_model_io_prepare(io.handle, &input, &tensor, nullptr) == SLUICE_OK);
  REQUIRE(sluice_model_run(model, &tensor, 1, nullptr) == SLUICE_OK);
  REQUIRE(sluice_model_output(model, 0, &tensor, nullptr) == SLUICE_OK);
  std::uint32_t count = 0;
  REQUIRE(sluice_model_io_decode(io.handle, &tensor, 1, &count, nullptr) == SLUICE_OK);
  REQUIRE(count == 1);
  REQUIRE(sluice_model_io_result(io.handle, 0, &tensor, nullptr) == SLUICE_OK);
  CHECK(static_cast<const float*>(tensor.bytes.data)[0] == doctest::Approx(0.5));
  CHECK(static_cast<const float*>(tensor.bytes.data)[1] == doctest::Approx(-0.25));

  sluice_input wrong = input;
  wrong.channels = 1;
  CHECK(sluice_model_io_prepare(io.handle, &wrong, &tensor, &error) == SLUICE_INVALID_INPUT);
  CHECK(error.text_length > 0);
  wrong = input;
  wrong.bytes.length -= 1;
  CHECK(sluice_model_io_prepare(io.handle, &wrong, &tensor, nullptr) == SLUICE_INVALID_INPUT);
  wrong = input;
  wrong.modality = 17;
  CHECK(sluice_model_io_prepare(io.handle, &wrong, &tensor, nullptr) == SLUICE_INVALID_INPUT);
  const unsigned char pixel = 0;
  wrong = sluice::c::test::gray_input(&pixel, 1, 1);
  CHECK(sluice_model_io_prepare(io.handle, &wrong, &tensor, nullptr) == SLUICE_INVALID_INPUT);
  if (input.modality == SLUICE_SIGNAL) {
    signal[3] = __builtin_nanf("");
    CHECK(sluice_model_io_prepare(io.handle, &input, &tensor, nullptr) == SLUICE_INVALID_INPUT);
  } else {
    wrong = input;
    wrong.rate_hz = 8000;
    CHECK(sluice_model_io_prepare(io.handle, &wrong, &tensor, nullptr) == SLUICE_INVALID_INPUT);
  }
  sluice_model_destroy(model);
}
