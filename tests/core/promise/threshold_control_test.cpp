// The controller with the curve and the estimate that it goes by, on made-up streams of which it is known what would be wrong.
#include "core/promise/threshold_control.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <functional>

#include "core/promise/audit_sampling.hpp"
#include "tests/core/promise/audited_stream.hpp"

using namespace sluice;
using namespace sluice::promise;
using sluice::promise::test::Draws;

namespace {

struct Course {
  double answered = 0;  // shares of all inputs
  double wrong = 0;
  double audited = 0;
};

// `wrong_at`: the probability that the answer to the input of that number and score is wrong.
Course run(std::uint64_t seed, int inputs, double target, const std::function<double(int, double)>& wrong_at) {
  Draws draws(seed);
  auto curve = ErrorCurve::create();
  auto spent = EstimatedErrors::create();
  auto control = ThresholdControl::create({.target = target});
  auto sampling = AuditSampling::create({.seed = seed});
  Course course;
  for (int i = 0; i < inputs; ++i) {
    const double score = draws.next();
    const bool would_be_wrong = draws.with(wrong_at(i, score));
    const auto seen = static_cast<float>(score);
    curve->saw(seen);
    AuditedInput input{.by_full_model = true};
    if (seen < control->threshold(0)) {
      const double expected = curve->rate(seen);
      const AuditDraw draw = sampling->draw(expected);
      input = {.audit_probability = draw.probability, .expected = expected, .audited = draw.audited};
      input.wrong = input.audited && would_be_wrong;
      course.answered += 1.0 / inputs;
      if (would_be_wrong) course.wrong += 1.0 / inputs;
      if (input.audited) course.audited += 1.0 / inputs;
    }
    if (input.by_full_model || input.audited) curve->learned(seen, would_be_wrong);
    REQUIRE(spent->count(input));
    if (i % 8 != 0) continue;
    curve->smooth();
    control->choose({&*curve, 1}, *spent);
  }
  return course;
}

double third_power(double score) { return score * score * score; }

}  // namespace

TEST_CASE("the promise is kept in nearly every stream, and a good part of what it allows is spent") {
  constexpr int kStreams = 40;
  for (const double target : {0.9, 0.95}) {
    int below = 0;
    double wrong = 0;
    for (std::uint64_t seed = 1; seed <= kStreams; ++seed) {
      const Course course = run(seed, 5000, target, [](int, double score) { return third_power(score); });
      if (course.wrong > 1 - target) ++below;
      wrong += course.wrong / kStreams;
    }
    CAPTURE(target);
    CHECK(below <= kStreams / 20);
    CHECK(wrong > 0.4 * (1 - target));
  }
}

TEST_CASE("scores that promise too little are found out") {
  // Every third answer is wrong, whatever the score says.
  int below = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Course course = run(seed, 5000, 0.9, [](int, double) { return 0.33; });
    if (course.wrong > 0.1) ++below;
    CHECK(course.wrong < 0.12);
    CHECK(course.answered > 0.1);
  }
  CHECK(below <= 4);
}

TEST_CASE("what was banked in a good morning is not spent in a bad evening") {
  double evening = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto wrong_at = [](int i, double score) { return i < 20'000 ? 0.001 : third_power(score); };
    const double morning = run(seed, 20'000, 0.9, wrong_at).wrong * 20'000;
    evening += (run(seed, 30'000, 0.9, wrong_at).wrong * 30'000 - morning) / 10'000 / 20;
  }
  CHECK(evening < 0.13);
}

TEST_CASE("the first inputs go to the full model, and all do where too much was spent") {
  auto curve = ErrorCurve::create();
  auto spent = EstimatedErrors::create();
  auto control = ThresholdControl::create({.target = 0.9, .first_inputs = 10});
  CHECK(control->threshold(0) == 0);
  for (int i = 0; i < 100; ++i) {
    curve->saw(0.01F);
    curve->learned(0.01F, false);
    REQUIRE(spent->count({.by_full_model = true}));
    curve->smooth();
    control->choose({&*curve, 1}, *spent);
    CHECK((control->threshold(0) > 0.01F) == (i >= 9));
  }
  CHECK(control->may_spend(*spent) > 0.1);
  for (int i = 0; i < 300; ++i) {
    REQUIRE(spent->count({.audit_probability = 1, .expected = 0.5, .audited = true, .wrong = true}));
  }
  control->choose({&*curve, 1}, *spent);
  CHECK(control->may_spend(*spent) < 0);
  CHECK(control->threshold(0) == 0);
}

TEST_CASE("of two questions the one that is seldom wrong answers more, and both up to the same rate") {
  std::array<ErrorCurve, 2> curves{*ErrorCurve::create(), *ErrorCurve::create()};
  auto spent = EstimatedErrors::create();
  auto control = ThresholdControl::create({.target = 0.9});
  Draws draws(3);
  for (int i = 0; i < 4000; ++i) {
    for (std::size_t question = 0; question < 2; ++question) {
      const double score = draws.next();
      curves[question].saw(static_cast<float>(score));
      curves[question].learned(static_cast<float>(score), draws.with(question == 0 ? score : score / 4));
    }
    REQUIRE(spent->count({.by_full_model = true}));
  }
  for (ErrorCurve& curve : curves) curve.smooth();
  control->choose(curves, *spent);
  CHECK(control->threshold(1) > 2 * control->threshold(0));
  CHECK(control->threshold(0) > 0.1F);
  const double first = curves[0].rate(control->threshold(0) * 0.99F);
  const double second = curves[1].rate(control->threshold(1) * 0.99F);
  CHECK(std::abs(first - second) < 0.1);
}

TEST_CASE("a question that is seldom asked spends little of what is allowed") {
  std::array<ErrorCurve, 2> curves{*ErrorCurve::create(), *ErrorCurve::create()};
  auto spent = EstimatedErrors::create();
  auto control = ThresholdControl::create({.target = 0.9});
  Draws draws(4);
  for (int i = 0; i < 4000; ++i) {
    for (std::size_t question = 0; question < 2; ++question) {
      if (question == 1 && i % 100 != 0) {
        curves[1].was_not_asked();
        continue;
      }
      const double score = draws.next();
      curves[question].saw(static_cast<float>(score));
      curves[question].learned(static_cast<float>(score), draws.with(score));
    }
    REQUIRE(spent->count({.by_full_model = true}));
  }
  for (ErrorCurve& curve : curves) curve.smooth();
  control->choose({curves.data(), 1}, *spent);
  const float alone = control->threshold(0);
  control->choose(curves, *spent);
  CHECK(control->threshold(0) > 0.9F * alone);
}

TEST_CASE("options out of their ranges are refused by name") {
  CHECK_FALSE(ThresholdControl::create({.target = 1}));
  CHECK_FALSE(ThresholdControl::create({.deviations = -1}));
  const auto made = ThresholdControl::create({.look_ahead_inputs = 0});
  REQUIRE_FALSE(made);
  CHECK(made.error().message.find("look_ahead_inputs is 0") == 0);
}

TEST_CASE("the first inputs go by the thresholds that the caller begins with") {
  auto control = ThresholdControl::create({.first_inputs = 40}, std::array{0.2F, -1.0F});
  REQUIRE(control.has_value());
  CHECK(control->threshold(0) == 0.2F);
  CHECK(control->threshold(1) == 0);
  CHECK(control->threshold(3) == 0);
}

TEST_CASE("an answer that is more likely wrong than it may be is not given, whatever the target allows") {
  ErrorCurve::Rates rates{};
  rates.fill(1);
  for (std::size_t bin = 0; bin < ErrorCurve::kBins / 2; ++bin) rates[bin] = 0;
  ErrorCurve curve = *ErrorCurve::create({}, rates);
  for (int i = 0; i < 200; ++i) curve.saw(0.9F);
  curve.smooth();
  EstimatedErrors spent = *EstimatedErrors::create();
  for (int i = 0; i < 200; ++i) REQUIRE(spent.count({.by_full_model = true}).has_value());
  auto careless = *ThresholdControl::create({.target = 0, .most_rate = 1});
  auto careful = *ThresholdControl::create({.target = 0, .most_rate = 0.5});
  for (ThresholdControl* one : {&careless, &careful}) one->choose(std::span(&curve, 1), spent);
  CHECK(careless.threshold(0) > 0.9F);
  CHECK(careful.threshold(0) <= ErrorCurve::lower_edge(ErrorCurve::kBins / 2));
}
