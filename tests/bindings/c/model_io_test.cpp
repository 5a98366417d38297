#include "bindings/c/sluice.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/bindings/c/tiny_onnx.hpp"

namespace {

struct Io {
  sluice_model_io* handle = nullptr;
  ~Io() { sluice_model_io_destroy(handle); }
};

}  // namespace

TEST_CASE("a picture becomes the model's input, and raw outputs become results") {
  Io io;
  const std::string manifest = sluice::c::test::bright_manifest();
  REQUIRE(sluice_model_io_create(manifest.data(), manifest.size(), &io.handle, nullptr) == SLUICE_OK);

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
  sluice_image image{};
  image.struct_size = sizeof(image);
  image.format = SLUICE_RGB8;
  image.width = 40;
  image.height = 20;
  image.pixels = {pixels.data(), pixels.size()};
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
  Io io;
  const std::string manifest = sluice::c::test::bright_manifest();
  REQUIRE(sluice_model_io_create(manifest.data(), manifest.size(), &io.handle, nullptr) == SLUICE_OK);
  const std::vector<unsigned char> pixels(64 * 4, 0);
  const auto prepare = [&](uint32_t format, uint32_t width, uint32_t height, uint64_t stride, uint64_t length) {
    sluice_image image{};
    image.struct_size = sizeof(image);
    image.format = format;
    image.width = width;
    image.height = height;
    image.stride_bytes = stride;
    image.pixels = {pixels.data(), length};
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
  sluice_image unset{};
  sluice_tensor tensor{};
  CHECK(sluice_model_io_prepare(io.handle, &unset, &tensor, nullptr) == SLUICE_INVALID_ARGUMENT);
}
