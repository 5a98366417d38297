// The filter alone through the C interface: as the client's questions judge, and what it refuses.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bindings/c/sluice.h"
#include "tests/bindings/c/tiny_onnx.hpp"

namespace {

struct Filter {
  sluice_filter* handle = nullptr;
  ~Filter() { sluice_filter_destroy(handle); }
  sluice_status create(const std::string& manifest, const std::string& onnx, sluice_error* error = nullptr) {
    sluice_bundle* bundle = sluice::c::test::open_bundle(manifest);
    const sluice_part part = {{"filter", 6}, {onnx.data(), onnx.size()}};
    const sluice_status status = sluice_filter_create(bundle, &part, 1, &handle, error);
    sluice_bundle_destroy(bundle);
    return status;
  }
};

sluice_verdict judge(sluice_filter* filter, std::uint8_t value) {
  const std::vector<std::uint8_t> pixels(16 * 16, value);
  const sluice_input image = sluice::c::test::gray_input(pixels.data(), 16, 16);
  sluice_verdict verdict{};
  verdict.struct_size = sizeof(verdict);
  REQUIRE(sluice_filter_judge(filter, &image, &verdict, nullptr) == SLUICE_OK);
  return verdict;
}

}  // namespace

TEST_CASE("a filter skips dark pictures, lets bright ones through, and keeps the target asked for") {
  Filter filter;
  REQUIRE(filter.create(sluice::c::test::bright_manifest(), sluice::c::test::brightness_gate(16)) == SLUICE_OK);
  const sluice_verdict dark = judge(filter.handle, 0);
  const sluice_verdict bright = judge(filter.handle, 255);
  CHECK(dark.skip == 1);
  CHECK(dark.score < dark.threshold);
  CHECK(bright.skip == 0);
  CHECK(bright.score >= bright.threshold);
  float kept = 0;
  REQUIRE(sluice_filter_set_accuracy_target(filter.handle, 1.0F, &kept, nullptr) == SLUICE_OK);
  CHECK(kept == 1.0F);
  CHECK(judge(filter.handle, 0).skip == 0);
  CHECK(sluice_filter_set_accuracy_target(filter.handle, 0.0F, &kept, nullptr) == SLUICE_INVALID_ARGUMENT);
}

TEST_CASE("a filter takes a video's colours as the image says, and refuses unknown ones") {
  Filter filter;
  REQUIRE(filter.create(sluice::c::test::bright_manifest(), sluice::c::test::brightness_gate(16)) == SLUICE_OK);
  const std::vector<std::uint8_t> pixels(16 * 16 * 3 / 2, 128);
  sluice_input image = sluice::c::test::gray_input(pixels.data(), 16, 16);
  image.format = SLUICE_I420;
  image.bytes.length = pixels.size();
  sluice_verdict limited{};
  limited.struct_size = sizeof(limited);
  REQUIRE(sluice_filter_judge(filter.handle, &image, &limited, nullptr) == SLUICE_OK);
  image.yuv = SLUICE_BT709_FULL;
  sluice_verdict full = limited;
  REQUIRE(sluice_filter_judge(filter.handle, &image, &full, nullptr) == SLUICE_OK);
  CHECK(limited.score > full.score);  // luma 128 is 130 of 255 where white is 235
  image.yuv = SLUICE_BT709_FULL + 1;
  CHECK(sluice_filter_judge(filter.handle, &image, &full, nullptr) == SLUICE_INVALID_IMAGE);
}

TEST_CASE("a filter refuses bundles without a question, parts that are missing or none, and NULL") {
  Filter filter;
  sluice_error error{};
  error.struct_size = sizeof(error);
  const std::string window = sluice::c::test::window_manifest(R"({"modality": "signal", "steps": 8, "channels": 2})");
  CHECK(filter.create(window, "", &error) == SLUICE_INVALID_ARGUMENT);
  sluice_bundle* bundle = sluice::c::test::open_bundle(sluice::c::test::bright_manifest());
  CHECK(sluice_filter_create(bundle, nullptr, 0, &filter.handle, &error) == SLUICE_BUNDLE_PART_MISSING);
  CHECK(std::string(error.text, error.text_length).find("filter") != std::string::npos);
  sluice_bundle_destroy(bundle);
  CHECK(filter.create(sluice::c::test::bright_manifest(), "not ONNX", &error) == SLUICE_MALFORMED_MODEL);
  CHECK(error.text_length > 0);
  CHECK(filter.handle == nullptr);
  sluice_verdict verdict{};
  CHECK(sluice_filter_judge(nullptr, nullptr, &verdict, nullptr) == SLUICE_INVALID_ARGUMENT);
  sluice_filter_destroy(nullptr);
}
