#include "core/output/decoder.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace sluice;
using namespace sluice::output;

TEST_CASE("the decoder named is the one made") {
  for (const std::string_view name : decoder_names()) CHECK(make_decoder({std::string(name), 0.5F, 0.4F}));
  const auto unknown = make_decoder({"yolo", 0.5F, 0.4F});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::kNotFound);
  CHECK(unknown.error().message.find("'yolo'") != std::string::npos);
  CHECK(unknown.error().message.find("'retinaface'") != std::string::npos);
}

TEST_CASE("thresholds outside 0 to 1 are refused") {
  CHECK(make_decoder({"none", 1.5F, 0.4F}).error().message.find("score_threshold") != std::string::npos);
  CHECK(make_decoder({"none", 0.5F, -0.1F}).error().message.find("nms_iou") != std::string::npos);
  CHECK_FALSE(make_decoder({"none", std::numeric_limits<float>::quiet_NaN(), 0.4F}));
}

TEST_CASE("without a decoder the model's own tensors are the result") {
  auto decoder = make_decoder({"none", 0.5F, 0.4F});
  REQUIRE(decoder);
  const std::vector<float> a{1, 2, 3};
  const std::vector<std::int64_t> b{4, 5};
  const std::vector<ModelOutput> outputs{{"a", *view_of(std::span<const float>(a), {1, 3})},
                                         {"b", *view_of(std::span<const std::int64_t>(b), {2})}};
  const auto result = (*decoder)->decode(outputs, {{input::Modality::kImage, {10, 10, 0}}, {}});
  REQUIRE(result);
  REQUIRE(result->size() == 2);
  CHECK((*result)[0].name == "a");
  CHECK((*result)[0].tensor.as<float>()[2] == 3);
  CHECK((*result)[1].tensor.type() == DataType::kInt64);
  CHECK((*result)[1].tensor.as<std::int64_t>()[1] == 5);
}
