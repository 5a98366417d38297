#include "core/output/redundancy.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/output/detection.hpp"

using namespace sluice;
using namespace sluice::output;

namespace {

bool judge(std::string_view rule, double count, double max_score) {
  const auto parsed = RedundancyRule::parse(rule);
  REQUIRE_MESSAGE(parsed.has_value(), std::string(rule));
  return parsed->redundant(count, max_score);
}

std::string refusal(std::string_view rule) {
  const auto parsed = RedundancyRule::parse(rule);
  REQUIRE_FALSE_MESSAGE(parsed.has_value(), std::string(rule));
  CHECK(parsed.error().code == ErrorCode::kInvalidArgument);
  return parsed.error().message;
}

}  // namespace

TEST_CASE("every comparison compares") {
  CHECK(judge("count == 0", 0, 0));
  CHECK_FALSE(judge("count == 0", 1, 0.9));
  CHECK(judge("count != 1", 2, 0.9));
  CHECK(judge("count < 2", 1, 0.9));
  CHECK_FALSE(judge("count < 2", 2, 0.9));
  CHECK(judge("count <= 2", 2, 0.9));
  CHECK(judge("max_score < 0.5", 1, 0.49));
  CHECK_FALSE(judge("max_score < 0.5", 1, 0.5));
  CHECK(judge("max_score >= 0.5", 1, 0.5));
  CHECK(judge("max_score>0.25", 1, 0.26));
  CHECK(judge("  count==0\t", 0, 0));
}

TEST_CASE("'and' binds closer than 'or'") {
  CHECK(judge("count == 0 or count == 1 and max_score < 0.5", 0, 0.9));
  CHECK(judge("count == 0 or count == 1 and max_score < 0.5", 1, 0.4));
  CHECK_FALSE(judge("count == 0 or count == 1 and max_score < 0.5", 1, 0.6));
  CHECK(judge("count == 5 and count == 6 or count == 1", 1, 0));
  CHECK_FALSE(judge("count == 1 and count == 2 or count == 3", 1, 0));
  CHECK(judge("count == 1 or count == 2 or count == 3", 2, 0));
}

TEST_CASE("a rule that is not understood says where and what was expected") {
  CHECK(refusal("").find("column 1: expected 'count' or 'max_score'") != std::string::npos);
  CHECK(refusal("faces == 0").find("column 1") != std::string::npos);
  CHECK(refusal("count = 0").find("column 7: expected one of == != < <= > >=") != std::string::npos);
  CHECK(refusal("count == none").find("column 10: expected a number") != std::string::npos);
  CHECK(refusal("count == 0 xor count == 1").find("column 12: expected 'and', 'or' or the end") != std::string::npos);
  refusal("count == 0 and");
  refusal("count == 1e5");
  refusal("count == .5");
  refusal("count == 1.");
  refusal("count == 0and count == 1");
  refusal("count == -1");
  refusal("count == 1234567890123456");
  refusal(std::string(100'000, 'c'));
}

TEST_CASE("a rule is as long as it may be and no longer") {
  std::string rule = "count == 0";
  for (std::size_t i = 1; i < RedundancyRule::kMaxComparisons; ++i) rule += " or count == 0";
  CHECK(RedundancyRule::parse(rule));
  CHECK_FALSE(RedundancyRule::parse(rule + " or count == 0"));
}

TEST_CASE("a result is judged by its detections") {
  const auto rule = RedundancyRule::parse("count < 2 and max_score < 0.9");
  REQUIRE(rule);
  const auto result_of = [](std::vector<float> scores) {
    std::vector<Detection> detections;
    for (float score : scores) detections.push_back({0, 0, 1, 1, score, {}});
    std::vector<OutputTensor> result;
    result.push_back({std::string(kDetectionsName), std::move(*to_tensor(detections))});
    return result;
  };
  CHECK(*rule->redundant(result_of({})));
  CHECK(*rule->redundant(result_of({0.7F})));
  CHECK_FALSE(*rule->redundant(result_of({0.7F, 0.8F})));
  CHECK_FALSE(*rule->redundant(result_of({0.95F})));

  std::vector<OutputTensor> other;
  other.push_back({"logits", std::move(*Tensor::create(DataType::kFloat32, {1, 10}))});
  const auto missing = rule->redundant(other);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kNotFound);
  CHECK(missing.error().message.find("logits") != std::string::npos);
  other[0].name = kDetectionsName;
  CHECK(rule->redundant(other).error().code == ErrorCode::kShapeMismatch);
}
