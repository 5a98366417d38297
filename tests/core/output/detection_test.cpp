#include "core/output/detection.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace sluice;
using namespace sluice::output;

TEST_CASE("detections survive the way through a tensor") {
  std::vector<Detection> detections(3);
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const float base = static_cast<float>(i) * 100;
    detections[i] = {base + 1, base + 2, base + 3, base + 4, 0.5F + base / 1000, {}};
    for (std::size_t k = 0; k < 10; ++k) detections[i].landmarks[k] = base + 10 + static_cast<float>(k);
  }
  const auto tensor = to_tensor(detections);
  REQUIRE(tensor);
  CHECK(tensor->shape() == Shape{3, 15});
  CHECK(tensor->as<float>()[15] == 101);
  CHECK(tensor->as<float>()[15 + kScoreColumn] == doctest::Approx(0.6));
  const auto back = from_tensor(tensor->view());
  REQUIRE(back);
  REQUIRE(back->size() == 3);
  CHECK((*back)[2].y1 == 204);
  CHECK((*back)[2].landmarks == detections[2].landmarks);
}

TEST_CASE("detections are scaled in place: boxes and landmarks by both sides, scores not") {
  std::vector<OutputTensor> result;
  result.push_back({"other", *Tensor::create(DataType::kFloat32, {2})});
  result[0].tensor.as<float>()[0] = 5;
  Detection detection{1, 2, 3, 4, 0.5F, {}};
  for (std::size_t k = 0; k < 10; ++k) detection.landmarks[k] = 10 + static_cast<float>(k);
  result.push_back({std::string(kDetectionsName), *to_tensor({detection, detection})});
  scale_detections(result, 2, 10);
  const auto scaled = from_tensor(result[1].tensor.view());
  REQUIRE(scaled);
  for (const Detection& one : *scaled) {
    CHECK(one.x0 == 2);
    CHECK(one.y0 == 20);
    CHECK(one.x1 == 6);
    CHECK(one.y1 == 40);
    CHECK(one.score == 0.5F);
    for (std::size_t k = 0; k < 10; ++k)
      CHECK(one.landmarks[k] == (10 + static_cast<float>(k)) * (k % 2 == 0 ? 2 : 10));
  }
  CHECK(result[0].tensor.as<float>()[0] == 5);
}

TEST_CASE("no detections are an empty table, not an error") {
  const auto tensor = to_tensor({});
  REQUIRE(tensor);
  CHECK(tensor->shape() == Shape{0, 15});
  const auto back = from_tensor(tensor->view());
  REQUIRE(back);
  CHECK(back->empty());
}

TEST_CASE("a tensor that is no table of detections is refused by type, shape and size") {
  const std::vector<float> values(30);
  const Bytes bytes = std::as_bytes(std::span(values));
  CHECK(from_tensor({DataType::kFloat32, {2, 15}, bytes}));
  CHECK(from_tensor({DataType::kInt32, {2, 15}, bytes}).error().code == ErrorCode::kTypeMismatch);
  const auto wrong = from_tensor({DataType::kFloat32, {2, 14}, bytes});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == ErrorCode::kShapeMismatch);
  CHECK(wrong.error().message.find("[2, 14]") != std::string::npos);
  CHECK_FALSE(from_tensor({DataType::kFloat32, {30}, bytes}));
  CHECK_FALSE(from_tensor({DataType::kFloat32, {3, 15}, bytes}));
  CHECK_FALSE(from_tensor({DataType::kFloat32, {std::numeric_limits<std::int64_t>::max(), 15}, bytes}));
}

TEST_CASE("more detections than any decoder gives, and numbers that are none, are refused") {
  std::vector<Detection> many(kMaxDetections);
  CHECK(check_detections(to_tensor(many)->view()));
  many.emplace_back();
  CHECK(check_detections(to_tensor(many)->view()).error().code == ErrorCode::kShapeMismatch);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<Detection> one(1);
    one[0].landmarks[9] = bad;
    std::vector<OutputTensor> result;
    result.push_back({std::string(kDetectionsName), *to_tensor(one)});
    CHECK(check_result(result, {.decoder = "retinaface"}).error().code == ErrorCode::kInvalidInput);
  }
}
