// One choice: what makes an answer the cheapest, the deadline, the promise and its guard, and what it does with numbers that are none.
#include "core/adapt/choice/choice.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <vector>

#include "tests/counting_new.hpp"

using namespace sluice::adapt;
using sluice::ErrorCode;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// A skip, an exit, a whole input sent, and the model run here: each dearer and surer than the one before.
std::vector<AnswerOption> four() {
  return {
      {.kind = AnswerKind::kSkip, .time = {1, 1}, .error = 0.5},
      {.kind = AnswerKind::kExit, .setting = 2, .time = {20, 30}, .device_cost = 20, .error = 0.1},
      {.kind = AnswerKind::kSendWhole, .time = {60, 90}, .bytes = 3000, .server_ms = 10, .full_model = true},
      {.kind = AnswerKind::kRunHere, .time = {100, 110}, .device_cost = 100, .full_model = true},
  };
}

AnswerKind taken(std::span<const AnswerOption> options, const ChoiceLimits& limits) {
  const auto choice = choose(options, limits);
  REQUIRE(choice.has_value());
  return choice->answer().kind;
}

}  // namespace

TEST_CASE("the price of an error decides how sure an answer must be") {
  const CostWeights weights{.per_device_cost = 1, .per_kilobyte = 10, .per_server_ms = 1};  // 0, 20, 40, 100
  CHECK(taken(four(), {weights}) == AnswerKind::kSkip);
  CHECK(taken(four(), {.weights = weights, .price_per_error = 60}) == AnswerKind::kExit);
  CHECK(taken(four(), {.weights = weights, .price_per_error = 300}) == AnswerKind::kSendWhole);
}

TEST_CASE("the record says what was considered, taken or not") {
  const auto choice = choose(four(), {.weights = {2, 10, 1}, .deadline_ms = 50, .price_per_error = 60});
  REQUIRE(choice.has_value());
  REQUIRE(choice->all().size() == 4);
  CHECK(choice->answer().kind == AnswerKind::kSkip);
  CHECK(choice->all()[1].cost == 40);
  CHECK(choice->all()[1].setting == 2);
  CHECK(choice->all()[2].cost == 40);
  CHECK(choice->all()[1].in_time);
  CHECK_FALSE(choice->all()[2].in_time);
  CHECK(choice->full_model_cost == 40);
  CHECK(choice->price_per_error == 60);
  CHECK(answer_kind_name(choice->all()[2].kind) == "whole");
}

TEST_CASE("the deadline is kept by the high quantile") {
  CHECK(taken(four(), {.deadline_ms = 90, .price_per_error = 1e6}) == AnswerKind::kSendWhole);
  CHECK(taken(four(), {.deadline_ms = 89, .price_per_error = 1e6}) == AnswerKind::kExit);
  CHECK(taken(four(), {.deadline_ms = 5, .price_per_error = 1e6}) == AnswerKind::kSkip);
}

TEST_CASE("while few answers were late others may be more often, at a price") {
  const ChoiceLimits strict{.deadline_ms = 70, .price_per_error = 1e6};  // the whole picture is late twice in seven
  CHECK(taken(four(), strict) == AnswerKind::kExit);
  ChoiceLimits loose = strict;
  loose.late_at_most = 0.5;
  const auto choice = choose(four(), loose);
  REQUIRE(choice.has_value());
  CHECK(choice->answer().kind == AnswerKind::kSendWhole);
  CHECK(choice->answer().late == doctest::Approx(0.29).epsilon(0.02));
  loose.price_per_late = 1e6;
  CHECK(taken(four(), loose) == AnswerKind::kExit);
}

TEST_CASE("with nothing in time the soonest is taken that the promise allows") {
  const auto choice = choose(four(), {.deadline_ms = 0.5, .price_per_error = 1e6, .error_at_most = 0.2});
  REQUIRE(choice.has_value());
  CHECK(choice->answer().kind == AnswerKind::kExit);
  CHECK_FALSE(choice->answer().in_time);
  CHECK_FALSE(choice->guarded);
  CHECK(taken(four(), {.deadline_ms = 50, .error_at_most = 0.05}) == AnswerKind::kSendWhole);
  auto cut_off = four();
  cut_off[2].time = {5000, 9000};
  CHECK(taken(cut_off, {.deadline_ms = 50, .error_at_most = 0.05}) == AnswerKind::kRunHere);
  cut_off[2].time = {kInfinity, kInfinity};
  CHECK(taken(cut_off, {.deadline_ms = 50, .error_at_most = 0.05}) == AnswerKind::kRunHere);
}

TEST_CASE("where the promise allows nothing the full model's answer is taken, the sooner one") {
  auto doubtful = four();
  doubtful[2].error = doubtful[3].error = 0.02;  // a picture that was coded, a server of another version
  const ChoiceLimits limits{.deadline_ms = 50, .error_at_most = 0.01};
  const auto choice = choose(doubtful, limits);
  REQUIRE(choice.has_value());
  CHECK(choice->guarded);
  CHECK(choice->answer().kind == AnswerKind::kSendWhole);
  doubtful[2].time = {kNan, kNan};
  CHECK(taken(doubtful, limits) == AnswerKind::kRunHere);
}

TEST_CASE("without a full model the fewest errors are taken, in time where that can be") {
  const std::array two{AnswerOption{.kind = AnswerKind::kSkip, .time = {1, 1}, .error = 0.5},
                       AnswerOption{.kind = AnswerKind::kSplit, .time = {60, 90}, .bytes = 200, .error = 0.1}};
  CHECK(taken(two, {.error_at_most = 0.05}) == AnswerKind::kSplit);
  CHECK(taken(two, {.deadline_ms = 50, .error_at_most = 0.05}) == AnswerKind::kSkip);
}

TEST_CASE("as cheap: the sooner one") {
  const std::array two{AnswerOption{.kind = AnswerKind::kSplit, .time = {60, 90}, .bytes = 1000},
                       AnswerOption{.kind = AnswerKind::kExit, .time = {20, 90}, .device_cost = 1}};
  CHECK(taken(two, {}) == AnswerKind::kExit);
}

TEST_CASE("an option with odd numbers is considered and never taken") {
  const AnswerOption odd[] = {{.time = {kNan, 1}},
                              {.time = {5, 1}},
                              {.time = {1, kInfinity}},
                              {.time = {1, 1}, .bytes = -1},
                              {.time = {1, 1}, .device_cost = kNan},
                              {.time = {1, 1}, .server_ms = kInfinity},
                              {.time = {1, 1}, .error = 1.5},
                              {.time = {1, 1}, .error = kNan}};
  for (const AnswerOption& one : odd) {
    const std::array with_good{one, AnswerOption{.kind = AnswerKind::kRunHere, .time = {100, 100}, .device_cost = 9}};
    CHECK(taken(with_good, {}) == AnswerKind::kRunHere);
    const auto alone = choose(std::span(&one, 1));
    REQUIRE_FALSE(alone.has_value());
    CHECK(alone.error().code == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("no option, too many, and limits that are none are refused") {
  CHECK_FALSE(choose({}).has_value());
  CHECK_FALSE(choose(std::array<AnswerOption, kMaxAnswers + 1>{}).has_value());
  CHECK(choose(std::array<AnswerOption, kMaxAnswers>{}).has_value());
  CHECK_FALSE(choose(four(), {.weights = {-1, 1, 1}}).has_value());
  CHECK_FALSE(choose(four(), {.deadline_ms = kNan}).has_value());
  CHECK_FALSE(choose(four(), {.price_per_error = kInfinity}).has_value());
  CHECK_FALSE(choose(four(), {.error_at_most = kNan}).has_value());
  CHECK_FALSE(choose(four(), {.late_at_most = kNan}).has_value());
  CHECK_FALSE(choose(four(), {.price_per_late = -1}).has_value());
}

TEST_CASE("a choice allocates nothing") {
  const auto options = four();
  const auto before = sluice::test::allocation_count();
  double sum = 0;
  for (int i = 0; i < 100; ++i) sum += choose(options, {.deadline_ms = 5.0 * i, .price_per_error = 1e3})->answer().cost;
  CHECK(sum > 0);
  CHECK(sluice::test::allocation_count() == before);
}
