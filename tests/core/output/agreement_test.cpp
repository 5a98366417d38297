#include "core/output/agreement.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "core/model/model.hpp"

using namespace sluice;
using namespace sluice::output;

namespace {

Agreement rule(const AgreementSpec& spec) {
  auto made = Agreement::make(spec);
  REQUIRE(made);
  return *made;
}

Detection box(float x, float y, float side, float score = 0.9F) { return {x, y, x + side, y + side, score, {}}; }

std::vector<OutputTensor> boxes(const std::vector<Detection>& detections) {
  auto table = to_tensor(detections);
  REQUIRE(table);
  std::vector<OutputTensor> result;
  result.push_back({std::string(kDetectionsName), std::move(*table)});
  return result;
}

template <typename T>
std::vector<OutputTensor> values(const std::string& name, const Shape& shape, const std::vector<T>& numbers) {
  const auto view = view_of(std::span<const T>(numbers), shape);
  REQUIRE(view);
  auto copy = Tensor::copy_of(*view);
  REQUIRE(copy);
  std::vector<OutputTensor> result;
  result.push_back({name, std::move(*copy)});
  return result;
}

// Agreement is symmetric: asked both ways.
bool agree(const Agreement& agreement, const std::vector<OutputTensor>& a, const std::vector<OutputTensor>& b) {
  const auto one = agreement.agrees(a, b);
  const auto other = agreement.agrees(b, a);
  REQUIRE(one);
  REQUIRE(other);
  CHECK(*one == *other);
  return *one;
}

}  // namespace

TEST_CASE("boxes agree when there are as many and each overlaps its partner enough") {
  const Agreement half = rule({"boxes", 0.5F, 0});
  CHECK(agree(half, boxes({}), boxes({})));
  CHECK_FALSE(agree(half, boxes({}), boxes({box(0, 0, 10)})));
  CHECK(agree(half, boxes({box(0, 0, 12)}), boxes({box(4, 0, 12)})));        // 8 of 16
  CHECK_FALSE(agree(half, boxes({box(0, 0, 12)}), boxes({box(5, 0, 12)})));  // 7 of 17
  CHECK(agree(rule({"boxes", 0.4F, 0}), boxes({box(0, 0, 12)}), boxes({box(5, 0, 12)})));
  // Partners may stand in another order, since the scores changed.
  CHECK(agree(half, boxes({box(0, 0, 10), box(50, 0, 10)}), boxes({box(51, 0, 10), box(0, 1, 10)})));
  CHECK_FALSE(agree(half, boxes({box(0, 0, 10), box(50, 0, 10)}), boxes({box(0, 0, 10), box(0, 1, 10)})));
  CHECK_FALSE(agree(half, boxes({box(0, 0, 10), box(50, 0, 10)}), boxes({box(0, 0, 10)})));
  // The best overlaps are paired first: the second box is left the partner that it overlaps too little.
  CHECK_FALSE(agree(half, boxes({box(0, 0, 10), box(3, 0, 10)}), boxes({box(1, 0, 10), box(-4, 0, 10)})));
}

TEST_CASE("corners that are no numbers overlap with nothing, themselves included") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float endless = std::numeric_limits<float>::infinity();
  const Agreement half = rule({"boxes", 0.5F, 0});
  CHECK_FALSE(agree(half, boxes({box(nan, 0, 10)}), boxes({box(nan, 0, 10)})));
  CHECK_FALSE(agree(half, boxes({box(0, 0, endless)}), boxes({box(0, 0, endless)})));
  CHECK_FALSE(agree(half, boxes({box(0, 0, 0)}), boxes({box(0, 0, 0)})));
  CHECK(intersection_over_union(box(0, 0, 10), box(20, 0, 10)) == 0);
  CHECK(intersection_over_union(box(0, 0, 10), box(0, 0, 10)) == 1);
}

TEST_CASE("counts and emptiness look at the number of detections alone, and no tensor at all is the empty result") {
  const std::vector<OutputTensor> skipped;
  const Agreement count = rule({"count", 0.5F, 0});
  CHECK(agree(count, boxes({box(0, 0, 10)}), boxes({box(90, 90, 5)})));
  CHECK_FALSE(agree(count, boxes({box(0, 0, 10)}), boxes({box(0, 0, 10), box(5, 5, 5)})));
  CHECK(agree(count, skipped, boxes({})));
  CHECK_FALSE(agree(count, skipped, boxes({box(0, 0, 10)})));
  const Agreement empty = rule({"empty", 0.5F, 0});
  CHECK(agree(empty, skipped, boxes({})));
  CHECK(agree(empty, boxes({box(0, 0, 10)}), boxes({box(50, 0, 10), box(5, 5, 5)})));
  CHECK_FALSE(agree(empty, skipped, boxes({box(0, 0, 10)})));
  CHECK(agree(rule({"boxes", 0.5F, 0}), skipped, boxes({})));
}

TEST_CASE("labels agree when the largest value stands at the same place of every row") {
  const Agreement label = rule({"label", 0.5F, 0});
  const auto two = values<float>("scores", {2, 3}, {0.1F, 0.7F, 0.2F, 5, 4, 3});
  CHECK(agree(label, two, values<float>("scores", {2, 3}, {-9, -1, -8, 0.5F, 0.4F, 0.1F})));
  CHECK_FALSE(agree(label, two, values<float>("scores", {2, 3}, {0.1F, 0.7F, 0.2F, 5, 4, 6})));
  CHECK_FALSE(agree(label, two, values<float>("scores", {1, 3}, {0.1F, 0.7F, 0.2F})));
  CHECK_FALSE(agree(label, two, {}));
  CHECK(agree(label, {}, {}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto broken = values<float>("scores", {1, 3}, {0.1F, nan, 0.2F});
  CHECK_FALSE(agree(label, broken, broken));
  const auto none = values<std::int64_t>("scores", {1}, {3});
  const auto refused = label.agrees(none, none);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kTypeMismatch);
}

TEST_CASE("tokens agree when the integer tensors are the same; scores beside them do not matter") {
  const Agreement tokens = rule({"tokens", 0.5F, 0});
  auto a = values<std::int64_t>("ids", {3}, {7, 8, 9});
  auto b = values<std::int64_t>("ids", {3}, {7, 8, 9});
  a.push_back(std::move(values<float>("scores", {1}, {0.25F})[0]));
  CHECK(agree(tokens, a, b));
  CHECK_FALSE(agree(tokens, a, values<std::int64_t>("ids", {3}, {7, 8, 1})));
  CHECK_FALSE(agree(tokens, a, values<std::int64_t>("ids", {1, 3}, {7, 8, 9})));
  CHECK_FALSE(agree(tokens, a, values<std::int32_t>("ids", {3}, {7, 8, 9})));
  CHECK_FALSE(agree(tokens, a, values<std::int64_t>("others", {3}, {7, 8, 9})));
  CHECK(tokens.agrees(values<float>("scores", {1}, {1}), b).error().code == ErrorCode::kTypeMismatch);
}

TEST_CASE("numbers agree within the tolerance, whole numbers only when they are equal") {
  const Agreement near = rule({"numbers", 0.5F, 0.5F});
  const auto a = values<float>("speed", {2}, {1, 2});
  CHECK(agree(near, a, values<float>("speed", {2}, {1.5F, 1.5F})));
  CHECK_FALSE(agree(near, a, values<float>("speed", {2}, {1.75F, 2})));
  CHECK_FALSE(agree(near, a, values<double>("speed", {2}, {1, 2})));
  CHECK_FALSE(agree(near, a, values<float>("speed", {1}, {1})));
  CHECK_FALSE(agree(near, a, {}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK_FALSE(agree(near, values<float>("speed", {1}, {nan}), values<float>("speed", {1}, {nan})));
  CHECK(agree(near, values<std::int32_t>("n", {1}, {4}), values<std::int32_t>("n", {1}, {4})));
  CHECK_FALSE(agree(near, values<std::int32_t>("n", {1}, {4}), values<std::int32_t>("n", {1}, {5})));
}

TEST_CASE("a result that the rule cannot read is an error that names what is missing") {
  const auto scores = values<float>("scores", {1, 3}, {1, 2, 3});
  const auto missing = rule({"boxes", 0.5F, 0}).agrees(scores, scores);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kNotFound);
  CHECK(missing.error().message.find("'scores'") != std::string::npos);
  const auto misshapen = values<float>(std::string(kDetectionsName), {1, 3}, {1, 2, 3});
  CHECK(rule({"count", 0.5F, 0}).agrees(misshapen, misshapen).error().code == ErrorCode::kShapeMismatch);
}

TEST_CASE("a rule that does not exist, or bounds that make no sense, are refused by name") {
  const auto unknown = Agreement::make({"vibes", 0.5F, 0});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::kNotFound);
  CHECK(unknown.error().message.find("'boxes'") != std::string::npos);
  for (const float iou : {0.0F, -1.0F, 1.5F, std::numeric_limits<float>::quiet_NaN()}) {
    CHECK(Agreement::make({"boxes", iou, 0}).error().code == ErrorCode::kInvalidArgument);
  }
  for (const float tolerance : {-0.1F, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    CHECK(Agreement::make({"numbers", 0.5F, tolerance}).error().code == ErrorCode::kInvalidArgument);
  for (const std::string_view name : agreement_rules()) CHECK(Agreement::make({std::string(name), 0.5F, 0}));
}

TEST_CASE("a rule that cannot read what the decoder gives is refused, with the rules that fit") {
  const OutputSpec faces{"retinaface", 0.5F, 0.4F};
  const OutputSpec plain{"none", 0.5F, 0.4F};
  for (const char* name : {"empty", "count", "boxes"}) {
    CHECK(check_fits({name, 0.5F, 0}, faces));
    const auto refused = check_fits({name, 0.5F, 0}, plain);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kInvalidArgument);
    CHECK(refused.error().message.find(
              "cannot read what the decoder 'none' gives; rules that can: label, tokens, numbers") !=
          std::string::npos);
  }
  for (const char* name : {"label", "tokens"}) {
    CHECK(check_fits({name, 0.5F, 0}, plain));
    const auto refused = check_fits({name, 0.5F, 0}, faces);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("'retinaface' gives; rules that can: empty, count, boxes, numbers") !=
          std::string::npos);
  }
  CHECK(check_fits({"numbers", 0.5F, 0}, faces));
  CHECK(check_fits({"numbers", 0.5F, 0}, plain));
}

TEST_CASE("a rule that cannot read what the model itself gives is refused before it runs") {
  const auto gives = [](std::vector<DataType> types) {
    std::vector<model::TensorInfo> outputs;
    for (const DataType type : types) outputs.push_back({"out" + std::to_string(outputs.size()), type, {1, 4}});
    return outputs;
  };
  const auto whole = gives({DataType::kInt64});
  const auto real = gives({DataType::kFloat32});
  const auto both = gives({DataType::kInt64, DataType::kFloat32});
  const auto half = gives({DataType::kFloat32, DataType::kFloat16});
  const auto unsaid = gives({DataType::kUndefined});
  for (const auto& [name, fit, unfit] :
       {std::tuple{"label", real, whole}, {"tokens", whole, real}, {"numbers", both, half}}) {
    CAPTURE(name);
    for (const auto* outputs : {&fit, &both, &unsaid}) CHECK(check_fits({name, 0.5F, 0}, *outputs));
    const auto refused = check_fits({name, 0.5F, 0}, unfit);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kTypeMismatch);
  }
  CHECK(check_fits({"label", 0.5F, 0}, whole).error().message ==
        "agree_when: the rule 'label' reads a float32 tensor; the model gives 'out0' of int64");
}
