// What a bundle says about itself through the C interface.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "bindings/c/sluice.h"
#include "tests/bindings/c/tiny_onnx.hpp"

using sluice::c::test::text_of;

namespace {

struct Bundle {
  sluice_bundle* handle;
  explicit Bundle(const std::string& manifest) : handle(sluice::c::test::open_bundle(manifest)) {}
  ~Bundle() { sluice_bundle_destroy(handle); }
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;

  sluice_bundle_info describe() const {
    sluice_bundle_info info{};
    info.struct_size = sizeof(info);
    REQUIRE(sluice_bundle_describe(handle, &info, nullptr) == SLUICE_OK);
    return info;
  }
};

}  // namespace

TEST_CASE("a bundle names its parts and who needs them, its questions and their operating points") {
  const Bundle bundle(sluice::c::test::bright_manifest());
  const sluice_bundle_info info = bundle.describe();
  CHECK(text_of(info.name) == "bright");
  CHECK(text_of(info.version) == "1.0.0");
  CHECK(info.default_target == doctest::Approx(0.9));
  CHECK(info.modality == SLUICE_IMAGE);
  CHECK(info.sizes[0] == 32);
  CHECK(info.sizes[1] == 32);
  REQUIRE(info.part_count == 2);
  REQUIRE(info.question_count == 1);

  sluice_bundle_part part{};
  part.struct_size = sizeof(part);
  REQUIRE(sluice_bundle_get_part(bundle.handle, 0, &part, nullptr) == SLUICE_OK);
  CHECK(text_of(part.name) == "filter");
  CHECK(text_of(part.file) == "filter.onnx");
  CHECK(part.bytes == 1);
  CHECK(part.sha256.length == 64);
  CHECK(part.uses == SLUICE_USED_BY_QUESTIONS);
  REQUIRE(sluice_bundle_get_part(bundle.handle, 1, &part, nullptr) == SLUICE_OK);
  CHECK(part.uses == SLUICE_USED_BY_MODEL);
  CHECK(sluice_bundle_get_part(bundle.handle, 2, &part, nullptr) == SLUICE_NOT_FOUND);

  sluice_question question{};
  question.struct_size = sizeof(question);
  REQUIRE(sluice_bundle_get_question(bundle.handle, 0, &question, nullptr) == SLUICE_OK);
  CHECK(text_of(question.kind) == "skip");
  REQUIRE(question.point_count == 2);
  CHECK(question.error_share > 0);
  CHECK(sluice_bundle_get_question(bundle.handle, 1, &question, nullptr) == SLUICE_NOT_FOUND);

  sluice_operating_point point{};
  point.struct_size = sizeof(point);
  REQUIRE(sluice_bundle_get_operating_point(bundle.handle, 0, 1, &point, nullptr) == SLUICE_OK);
  CHECK(point.target == doctest::Approx(0.9));
  CHECK(point.threshold == doctest::Approx(0.5));
  CHECK(point.filter_rate == doctest::Approx(0.5));
  CHECK(sluice_bundle_get_operating_point(bundle.handle, 0, 2, &point, nullptr) == SLUICE_NOT_FOUND);
  CHECK(sluice_bundle_get_operating_point(bundle.handle, 1, 0, &point, nullptr) == SLUICE_NOT_FOUND);
}

TEST_CASE("a bundle says what kind of input its model takes, and how large") {
  const auto info_of = [](const char* input) { return Bundle(sluice::c::test::window_manifest(input)).describe(); };
  const sluice_bundle_info audio = info_of(R"({"modality": "audio", "samples": 400, "channels": 2, "rate_hz": 16000})");
  CHECK(audio.modality == SLUICE_AUDIO);
  CHECK(audio.sizes[0] == 400);
  CHECK(audio.sizes[1] == 2);
  CHECK(audio.sizes[2] == 16000);
  const sluice_bundle_info signal = info_of(R"({"modality": "signal", "steps": 50, "channels": 6})");
  CHECK(signal.modality == SLUICE_SIGNAL);
  CHECK(signal.sizes[0] == 50);
  CHECK(signal.sizes[1] == 6);
  const sluice_bundle_info tensor = info_of(R"({"modality": "tensor", "type": "float32", "dims": [1, 3, 4]})");
  CHECK(tensor.modality == SLUICE_TENSOR);
  CHECK(tensor.tensor_type == 1);
  REQUIRE(tensor.tensor_rank == 3);
  CHECK(tensor.tensor_dims[2] == 4);
}
