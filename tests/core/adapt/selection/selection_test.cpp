// Both rules of selection on a short list of variants, with the numbers worked out by hand.
#include "core/adapt/selection/selection.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <span>

#include "core/adapt/selection/normal_distribution.hpp"
#include "tests/counting_new.hpp"

using namespace sluice::adapt;
using sluice::ErrorCode;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::array kVariants = {Variant{49.7, 3, 0.1, 0}, Variant{73.9, 21, 2, 0}, Variant{82.6, 113, 4, 0}};

std::size_t taken(const Budget& budget, const SelectionOptions& options = {}) {
  return select_variant(kVariants, budget, options)->variant;
}

}  // namespace

TEST_CASE("the most accurate variant whose mean and deviation fit is taken") {
  CHECK(taken({.remaining_ms = 200}) == 2);
  CHECK(taken({.remaining_ms = 117.5}) == 2);
  CHECK(taken({.remaining_ms = 116.5}) == 1);  // 113 + 4 do not fit
  CHECK(taken({.remaining_ms = 116.5}, {.deviations = 0}) == 2);
  CHECK(taken({.remaining_ms = 23.5}) == 1);
  CHECK(taken({.remaining_ms = 20}) == 0);
}

TEST_CASE("with no time left the fastest is taken, and it is said that it is late") {
  for (const double left : {2.0, 0.0, -50.0}) {
    const auto selection = select_variant(kVariants, {.remaining_ms = left});
    REQUIRE(selection.has_value());
    CHECK(selection->variant == 0);
    CHECK_FALSE(selection->in_budget);
    CHECK(selection->in_budget_count == 0);
  }
}

TEST_CASE("the queue, the way back and a load count, and so do their deviations unless told otherwise") {
  CHECK(taken({.remaining_ms = 200, .return_ms = 60, .queue_ms = 30}) == 1);
  CHECK(taken({.remaining_ms = 200, .return_ms = 60}) == 2);
  CHECK(taken({.remaining_ms = 200, .return_ms = 60, .return_deviation_ms = 30}) == 1);
  CHECK(taken({.remaining_ms = 200, .return_ms = 60, .return_deviation_ms = 30}, {.only_own_deviation = true}) == 2);
  const std::array cold{Variant{90, 10, 1, 400}, Variant{60, 10, 1, 0}};
  CHECK(select_variant(cold, {.remaining_ms = 300})->variant == 1);
  CHECK(select_variant(cold, {.remaining_ms = 500})->variant == 0);
}

TEST_CASE("expected accuracy weighs lateness against the better answer") {
  SelectionOptions options;
  options.rule = SelectionRule::kExpectedAccuracy;
  options.late_accuracy = 41.4;
  // The large one is in time every other time: 62; the middle one all but always: 73.9.
  CHECK(taken({.remaining_ms = 163, .return_ms = 50, .return_deviation_ms = 30}, options) == 1);
  // In time five times out of six: 75.8.
  CHECK(taken({.remaining_ms = 193, .return_ms = 50, .return_deviation_ms = 30}, options) == 2);
  options.price_per_ms = 0.1;  // 90 ms more are worth nine points
  CHECK(taken({.remaining_ms = 193, .return_ms = 50, .return_deviation_ms = 30}, options) == 1);
  // Hopeless for all: the fastest has the best chance.
  CHECK(taken({.remaining_ms = 10, .return_ms = 50, .return_deviation_ms = 20},
              {.rule = SelectionRule::kExpectedAccuracy}) == 0);
}

TEST_CASE("one variant only is always the one") {
  const std::array one{Variant{50, 100, 10, 0}};
  CHECK(select_variant(one, {.remaining_ms = 1})->variant == 0);
  CHECK(select_variant(one, {.remaining_ms = 1000})->in_budget);
}

TEST_CASE("what is no number is never taken, and a list of such is refused") {
  const std::array some{Variant{kNan, 1, 1, 0}, Variant{99, kNan, 1, 0}, Variant{99, 1, -1, 0}, Variant{50, 30, 1, 0}};
  CHECK(select_variant(some, {.remaining_ms = 100})->variant == 3);
  CHECK(select_variant(std::span(some).first(3), {.remaining_ms = 100}).error().code == ErrorCode::kInvalidArgument);
  CHECK(select_variant({}, {.remaining_ms = 100}).error().code == ErrorCode::kInvalidArgument);
  CHECK(select_variant(kVariants, {.remaining_ms = kNan}).error().code == ErrorCode::kInvalidArgument);
  CHECK(select_variant(kVariants, {.remaining_ms = 1, .return_ms = -1}).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("probabilities of a normal distribution, and of none") {
  CHECK(probability_within(10, 10, 2) == doctest::Approx(0.5));
  CHECK(probability_within(12, 10, 2) == doctest::Approx(0.8413).epsilon(1e-3));
  CHECK(probability_within(6.71, 10, 2) == doctest::Approx(0.05).epsilon(1e-2));
  CHECK(probability_within(10, 10, 0) == 1);
  CHECK(probability_within(9, 10, 0) == 0);
}

TEST_CASE("a selection allocates nothing") {
  const auto before = sluice::test::allocation_count();
  std::size_t sum = 0;
  for (int i = 0; i < 100; ++i) sum += taken({.remaining_ms = 2.0 * i});
  CHECK(sum > 0);
  CHECK(sluice::test::allocation_count() == before);
}
