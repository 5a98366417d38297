// The gate alone through the C interface: as the client's gate judges, and what it refuses.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bindings/c/sluice.h"
#include "tests/bindings/c/tiny_onnx.hpp"

namespace {

struct Gate {
  sluice_gate* handle = nullptr;
  ~Gate() { sluice_gate_destroy(handle); }
  sluice_status create(const std::string& manifest, const std::string& filter, sluice_error* error = nullptr) {
    return sluice_gate_create(manifest.data(), manifest.size(), filter.data(), filter.size(), &handle, error);
  }
};

sluice_image grey(std::vector<std::uint8_t>& pixels, std::uint32_t side, std::uint8_t value) {
  pixels.assign(std::size_t{side} * side * 3, value);
  sluice_image image{};
  image.struct_size = sizeof(image);
  image.format = SLUICE_RGB8;
  image.width = side;
  image.height = side;
  image.pixels = {pixels.data(), pixels.size()};
  return image;
}

sluice_verdict judge(sluice_gate* gate, std::uint8_t value) {
  std::vector<std::uint8_t> pixels;
  const sluice_image image = grey(pixels, 16, value);
  sluice_verdict verdict{};
  verdict.struct_size = sizeof(verdict);
  REQUIRE(sluice_gate_judge(gate, &image, &verdict, nullptr) == SLUICE_OK);
  return verdict;
}

}  // namespace

TEST_CASE("a gate skips dark pictures, lets bright ones through, and keeps the target asked for") {
  Gate gate;
  REQUIRE(gate.create(sluice::c::test::bright_manifest(), sluice::c::test::brightness_gate(16)) == SLUICE_OK);
  const sluice_verdict dark = judge(gate.handle, 0);
  const sluice_verdict bright = judge(gate.handle, 255);
  CHECK(dark.skip == 1);
  CHECK(dark.score < dark.threshold);
  CHECK(bright.skip == 0);
  CHECK(bright.score >= bright.threshold);
  float kept = 0;
  REQUIRE(sluice_gate_set_accuracy_target(gate.handle, 1.0F, &kept, nullptr) == SLUICE_OK);
  CHECK(kept == 1.0F);
  CHECK(judge(gate.handle, 0).skip == 0);
  CHECK(sluice_gate_set_accuracy_target(gate.handle, 0.0F, &kept, nullptr) == SLUICE_INVALID_ARGUMENT);
}

TEST_CASE("a gate takes a video's colours as the image says, and refuses unknown ones") {
  Gate gate;
  REQUIRE(gate.create(sluice::c::test::bright_manifest(), sluice::c::test::brightness_gate(16)) == SLUICE_OK);
  std::vector<std::uint8_t> pixels(16 * 16 * 3 / 2, 128);
  sluice_image image{};
  image.struct_size = sizeof(image);
  image.format = SLUICE_I420;
  image.width = image.height = 16;
  image.pixels = {pixels.data(), pixels.size()};
  sluice_verdict limited{};
  limited.struct_size = sizeof(limited);
  REQUIRE(sluice_gate_judge(gate.handle, &image, &limited, nullptr) == SLUICE_OK);
  image.yuv = SLUICE_BT709_FULL;
  sluice_verdict full = limited;
  REQUIRE(sluice_gate_judge(gate.handle, &image, &full, nullptr) == SLUICE_OK);
  CHECK(limited.score > full.score);  // luma 128 is 130 of 255 where white is 235
  image.yuv = SLUICE_BT709_FULL + 1;
  CHECK(sluice_gate_judge(gate.handle, &image, &full, nullptr) == SLUICE_INVALID_IMAGE);
}

TEST_CASE("a gate refuses manifests without a filter, filters that are none, and NULL") {
  Gate gate;
  sluice_error error{};
  error.struct_size = sizeof(error);
  CHECK(gate.create("{}", sluice::c::test::brightness_gate(16), &error) == SLUICE_MALFORMED_MANIFEST);
  CHECK(gate.create(sluice::c::test::bright_manifest(), "not ONNX", &error) == SLUICE_MALFORMED_MODEL);
  CHECK(error.text_length > 0);
  CHECK(gate.handle == nullptr);
  sluice_verdict verdict{};
  CHECK(sluice_gate_judge(nullptr, nullptr, &verdict, nullptr) == SLUICE_INVALID_ARGUMENT);
  sluice_gate_destroy(nullptr);
}
