// Stages behind a cut for several inputs at once: who leaves where, that the batch's answers are those of single runs, and that what leaves
// is not run further.
#include "core/exit/staged_batch.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <map>
#include <random>

#include "tests/core/exit/toy_cut.hpp"

using namespace sluice;
using namespace sluice::exits;
using namespace sluice::exits::testing;

namespace {

Result<StagedBatch> load_batch(std::size_t from, const std::string& model = toy_model(),
                               const std::string& branches = toy_branches(),
                               std::vector<ExitPlace> places = toy_places()) {
  model::LoadOptions options;
  options.operators = model::all_operators();
  return StagedBatch::load(as_bytes(model), as_bytes(branches), places, from, ExitRule::kMaxProbability, options);
}

StagedBatch toy_batch(std::size_t from = 0) {
  auto batch = load_batch(from);
  REQUIRE_MESSAGE(batch.has_value(), (batch ? std::string() : describe(batch.error())));
  return *std::move(batch);
}

struct Left {
  std::uint32_t stage = 0;
  std::vector<float> logits;
};

// Where each input left; every one does once.
std::map<std::size_t, Left> run_batch(StagedBatch& batch, const Tensor& tensor,
                                      const std::vector<std::vector<float>>& points,
                                      std::vector<std::size_t>* order = nullptr) {
  std::vector<StagedBatch::Thresholds> thresholds(points.begin(), points.end());
  std::map<std::size_t, Left> left;
  const auto ran = batch.run(tensor.view(), thresholds, [&](auto input, auto stage, auto logits) {
    CHECK_FALSE(left.contains(input));
    left[input] = {stage, {logits.begin(), logits.end()}};
    if (order != nullptr) order->push_back(input);
  });
  REQUIRE_MESSAGE(ran.has_value(), (ran ? std::string() : describe(ran.error())));
  CHECK(left.size() == points.size());
  return left;
}

const std::vector<float> kRed{1, 0, 0};
const std::vector<float> kOrange{1, 0.5F, 0};
const std::vector<float> kYellow{1, 1, 0};

}  // namespace

TEST_CASE("inputs leave at the exit that is sure of them, and the rest is run for the others alone") {
  StagedBatch batch = toy_batch();
  CHECK(batch.exits() == 1);
  CHECK(batch.last_stage() == 2);
  CHECK(batch.classes() == 3);
  CHECK(batch.input().name == "relu_0");
  CHECK(batch.input().dims == std::vector<std::int64_t>{-1, 3, 8, 8});
  CHECK(batch.output().name == "logits");
  CHECK(batch.weight_bytes() > 0);
  std::vector<std::size_t> order;
  const auto left =
      run_batch(batch, colours({kYellow, kRed, kYellow, kOrange}), {{0.99F}, {0.99F}, {0.99F}, {0.99F}}, &order);
  CHECK(left.at(1).stage == 1);
  CHECK(left.at(3).stage == 1);
  CHECK(left.at(0).stage == 2);
  CHECK(left.at(2).stage == 2);
  CHECK(order == std::vector<std::size_t>{1, 3, 0, 2});  // those who are sure do not wait for the others
  CHECK(left.at(1).logits == std::vector<float>{10, 0, 0});
  CHECK(left.at(2).logits == std::vector<float>{40, 40, 0});
  // Four went through the second stage and its exit, two through the last one.
  CHECK(batch.counts().multiply_adds == 4 * (kConvolution + kHead) + 2 * (kConvolution + kHead));

  const auto sure = run_batch(batch, colours({kRed, kRed}), {{0.99F}, {0.99F}});
  CHECK(sure.at(0).stage == 1);
  CHECK(batch.counts().multiply_adds == (4 + 2 + 2) * (kConvolution + kHead));  // and nobody through the last
}

TEST_CASE("each input goes by its own thresholds, and an exit that is closed for it is not run for it") {
  StagedBatch batch = toy_batch();
  const auto left = run_batch(batch, colours({kRed, kRed, kRed}), {{1}, {0.9F}, {1}});
  CHECK(left.at(0).stage == 2);
  CHECK(left.at(1).stage == 1);
  CHECK(left.at(2).stage == 2);
  CHECK(left.at(2).logits == std::vector<float>{40, 0, 0});
  CHECK(batch.counts().multiply_adds == 3 * kConvolution + kHead + 2 * (kConvolution + kHead));
  CHECK(batch.counts().branches == 1);
  run_batch(batch, colours({kRed, kRed}), {{1}, {1}});
  CHECK(batch.counts().branches == 1);
}

TEST_CASE("a batch's answers are those of single runs, at any size and mixture of thresholds") {
  StagedBatch batch = toy_batch();
  StagedBatch single = toy_batch();
  std::mt19937 random(3);
  std::uniform_real_distribution<float> value(0, 1);
  for (std::size_t size = 1; size <= 17; ++size) {
    std::vector<std::vector<float>> rows;
    std::vector<std::vector<float>> points;
    for (std::size_t i = 0; i < size; ++i) {
      rows.push_back({value(random), value(random), value(random)});
      points.push_back({i % 5 == 4 ? 1 : 0.5F + value(random) / 2});
    }
    const auto together = run_batch(batch, colours(rows), points);
    for (std::size_t i = 0; i < size; ++i) {
      CAPTURE(size);
      CAPTURE(i);
      const Left alone = run_batch(single, colours({rows[i]}), {points[i]}).at(0);
      CHECK(together.at(i).stage == alone.stage);
      CHECK(together.at(i).logits == alone.logits);
    }
  }
  CHECK(batch.counts().multiply_adds == single.counts().multiply_adds);
  CHECK(batch.counts().stages < single.counts().stages);
}

TEST_CASE("behind the last place there is one stage and no exit") {
  StagedBatch batch = toy_batch(1);
  CHECK(batch.exits() == 0);
  CHECK(batch.last_stage() == 2);
  const auto left = run_batch(batch, colours({kRed, kYellow}), {{}, {}});
  CHECK(left.at(0).stage == 2);
  CHECK(left.at(1).logits == std::vector<float>{40, 40, 0});
  CHECK(load_batch(2).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("what cannot be run is refused by its name, and a model of one sample takes one") {
  StagedBatch batch = toy_batch();
  const Tensor two = colours({kRed, kRed});
  const std::vector<float> sure{0.99F};
  const std::vector<StagedBatch::Thresholds> one{sure};
  const auto nobody = [](std::size_t, std::uint32_t, std::span<const float>) { FAIL("nobody can have left"); };
  CHECK(batch.run(two.view(), one, nobody).error().code == ErrorCode::kShapeMismatch);
  CHECK(batch.run(two.view(), {}, nobody).error().code == ErrorCode::kShapeMismatch);

  const auto other = load_batch(0, toy_model(), toy_branches(-1, 4, 2));
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().message.find("exit_1") != std::string::npos);

  auto fixed = load_batch(0, toy_model(1), toy_branches(1));
  REQUIRE(fixed);
  CHECK(fixed->input().dims[0] == 1);
  CHECK(run_batch(*fixed, colours({kRed}), {{0.99F}}).at(0).stage == 1);
  const std::vector<StagedBatch::Thresholds> both{sure, sure};
  CHECK(fixed->run(two.view(), both, nobody).error().code == ErrorCode::kShapeMismatch);
}

TEST_CASE("logits that are no numbers fail the run where they are asked for") {
  auto places = toy_places();
  std::swap(places[0].exit, places[1].exit);  // so that the one that gives none stands behind the second place
  ToyWriter writer("exits");
  writer.input("relu_0", -1);
  writer.input("relu_1", -1);
  writer.head("relu_0", "exit_1", 10, -1);
  writer.head("relu_1", "exit_0", std::numeric_limits<float>::quiet_NaN(), -1);
  auto batch = load_batch(0, toy_model(), writer.finish(), places);
  REQUIRE(batch);
  const Tensor two = colours({kRed, kRed});
  const std::vector<float> open{0.9F};
  const std::vector<StagedBatch::Thresholds> asked{open, open};
  const auto nobody = [](std::size_t, std::uint32_t, std::span<const float>) { FAIL("nobody can have left"); };
  CHECK(batch->run(two.view(), asked, nobody).error().code == ErrorCode::kExecutionFailed);
  CHECK(run_batch(*batch, two, {{1}, {1}}).at(1).stage == 2);
}
