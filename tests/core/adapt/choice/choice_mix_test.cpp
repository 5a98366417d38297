// Choices one after the other at the price of the moment, against the best that any fixed mix could do: all ways of giving each kind of
// input one of the answers are enumerated, and the cheapest mix of two of them that keeps the promise is what choices are measured by.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/adapt/choice/choice.hpp"
#include "core/adapt/choice/error_price.hpp"

using namespace sluice::adapt;

namespace {

constexpr int kInputs = 30'000;
constexpr std::size_t kKinds = 4;    // of inputs: easy to hard
constexpr std::size_t kAnswers = 5;  // the last one: the full model's
constexpr double kTarget = 0.95;

class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed * 2654435761U + 1) {}
  double next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

using Kinds = std::vector<std::vector<AnswerOption>>;  // the answers of each kind of input; all kinds are as frequent

Kinds draw_kinds(std::uint64_t seed) {
  Numbers numbers(seed);
  std::vector<double> costs{0};
  for (std::size_t i = 1; i < kAnswers; ++i) costs.push_back(costs.back() + 1 + 20 * numbers.next());
  Kinds kinds;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    auto& options = kinds.emplace_back();
    double error = 0.05 + 0.5 * numbers.next();
    for (std::size_t i = 0; i < kAnswers; ++i) {
      const bool full = i + 1 == kAnswers;
      options.push_back({.kind = full ? AnswerKind::kRunHere : AnswerKind::kExit,
                         .device_cost = costs[i],
                         .error = full ? 0 : error,
                         .full_model = full});
      error *= 0.2 + 0.7 * numbers.next();
    }
  }
  return kinds;
}

struct MixPoint {
  double error = 0;
  double cost = 0;
};

// The least mean cost of any mix with at most that mean error.
double best_mix(const Kinds& kinds, double allowed) {
  std::vector<MixPoint> points;
  const auto all = static_cast<std::size_t>(std::pow(kAnswers, kKinds));
  for (std::size_t way = 0; way < all; ++way) {
    MixPoint point;
    std::size_t rest = way;
    for (const auto& options : kinds) {
      const AnswerOption& option = options[rest % kAnswers];
      point.error += option.error / kKinds;
      point.cost += option.device_cost / kKinds;
      rest /= kAnswers;
    }
    points.push_back(point);
  }
  double best = 1e300;
  for (const MixPoint& safe : points) {
    if (safe.error > allowed) continue;
    best = std::min(best, safe.cost);
    for (const MixPoint& bold : points) {
      if (bold.error <= allowed) continue;
      const double share = (allowed - safe.error) / (bold.error - safe.error);
      best = std::min(best, safe.cost + share * (bold.cost - safe.cost));
    }
  }
  return best;
}

struct Run {
  double cost = 0;          // mean
  double error = 0;         // mean, expected
  double worst_excess = 0;  // of the sum of errors over what was allowed by then, at any time
};

// `kinds_at(i)`: what the i-th input may be.
template <typename KindsAt>
Run run_choices(KindsAt kinds_at, std::uint64_t seed) {
  Numbers numbers(seed + 77);
  auto price = ErrorPrice::create({.target = kTarget});
  REQUIRE(price.has_value());
  Run run;
  double errors = 0;
  for (int i = 0; i < kInputs; ++i) {
    const Kinds& kinds = kinds_at(i);
    const auto& options = kinds[static_cast<std::size_t>(numbers.next() * kKinds)];
    const auto choice = choose(options, {.price_per_error = price->price(), .error_at_most = price->error_at_most()});
    REQUIRE(choice.has_value());
    price->saw(choice->full_model_cost);
    price->took(choice->answer().error);
    run.cost += choice->answer().cost / kInputs;
    errors += choice->answer().error;
    run.worst_excess = std::max(run.worst_excess, errors - price->allowed() * (i + 1));
  }
  run.error = errors / kInputs;
  return run;
}

}  // namespace

TEST_CASE("choices cost within a few per cent of the best fixed mix, and never have more errors than allowed") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const Kinds kinds = draw_kinds(seed);
    const double best = best_mix(kinds, 1 - kTarget);
    const Run run = run_choices([&](int) -> const Kinds& { return kinds; }, seed);
    CHECK(run.worst_excess < 1e-6);
    CHECK(run.cost < 1.04 * best);
    CHECK(run.cost > 0.98 * best);
  }
}

TEST_CASE("when inputs become hard half way the promise holds all the time, at the cost of both halves' best mixes") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const Kinds easy = draw_kinds(seed);
    Kinds hard = easy;
    for (auto& options : hard) {
      for (AnswerOption& option : options) option.error = std::min(3 * option.error, 0.95);
    }
    const Run run = run_choices([&](int i) -> const Kinds& { return i < kInputs / 2 ? easy : hard; }, seed);
    CHECK(run.worst_excess < 1e-6);
    CHECK(run.error > 1 - kTarget - 0.001);
    CHECK(run.cost < 1.05 * (best_mix(easy, 1 - kTarget) + best_mix(hard, 1 - kTarget)) / 2);
  }
}
