// Thresholds on made-up exits whose errors are known: promises hold as often as they say, and spend what they may.
#include "native/eval/exits/exit_thresholds.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace sluice::eval;

namespace {

// Exits that agree with a probability of confidence to a power: the first one is too sure of itself. Inputs differ in how hard they
// are, so later exits see the harder ones.
ExitProfile draw(std::mt19937_64& random, std::size_t inputs) {
  std::uniform_real_distribution<float> uniform(0, 1);
  ExitProfile profile;
  profile.exits.resize(2);
  for (std::size_t i = 0; i < inputs; ++i) {
    const float hard = uniform(random);
    for (std::size_t exit = 0; exit < 2; ++exit) {
      const float sure = 1 - hard * (exit == 0 ? 1.0F : 0.6F) * uniform(random);
      const float right = exit == 0 ? sure * sure : sure;
      profile.exits[exit].push_back({sure, uniform(random) < right, true});
    }
    profile.full_right.push_back(1);
  }
  return profile;
}

const ExitCosts kCosts{{10, 20, 70}, {1, 1}};

}  // namespace

TEST_CASE("promises hold on inputs that calibrated nothing, in nine draws of ten and more") {
  std::mt19937_64 random(5);
  constexpr int kDraws = 200;
  constexpr double kTarget = 0.9;
  const ExitProfile many = draw(random, 100'000);
  int kept_each = 0, kept_whole = 0;
  double spent_whole = 0;
  for (int i = 0; i < kDraws; ++i) {
    const ExitProfile choice = draw(random, 1000);
    const ExitProfile calibration = draw(random, 1000);
    const auto each = replay(many, kCosts, calibrate_exits(choice, calibration, kTarget, 0.9, ExitPromise::kEachExit));
    bool kept = true;
    for (std::size_t exit = 0; exit < 2; ++exit)
      kept = kept && (each.shares[exit] == 0 || each.errors[exit] <= 1 - kTarget);
    kept_each += kept ? 1 : 0;
    const auto whole = replay(many, kCosts, calibrate_exits(choice, calibration, kTarget, 0.9, ExitPromise::kWhole));
    kept_whole += whole.agreement >= kTarget ? 1 : 0;
    spent_whole += (1 - whole.agreement) / kDraws;
  }
  CHECK(kept_each >= kDraws * 0.9);
  CHECK(kept_whole >=
        kDraws * 0.86);  // 180 are promised; 200 draws of a coin of 0.9 show 172 or more in 97 cases of 100
  CHECK(spent_whole > 0.07);
}

TEST_CASE("too few inputs promise nothing") {
  std::mt19937_64 random(5);
  const ExitProfile few = draw(random, 40);
  for (const ExitPromise promise : {ExitPromise::kEachExit, ExitPromise::kWhole}) {
    const auto thresholds = calibrate_exits(few, few, 0.99, 0.95, promise);
    CHECK(thresholds == std::vector<float>{kClosed, kClosed});
  }
  CHECK(calibrate_exits({}, {}, 0.9, 0.95, ExitPromise::kEachExit).empty());
}

TEST_CASE("error thresholds allow so many errors among those that leave; zero overlap allows none") {
  std::mt19937_64 random(5);
  const ExitProfile profile = draw(random, 5000);
  const auto strict = replay(profile, kCosts, error_thresholds(profile, 0.02));
  const auto loose = replay(profile, kCosts, error_thresholds(profile, 0.1));
  for (std::size_t exit = 0; exit < 2; ++exit) {
    CHECK(strict.errors[exit] <= 0.02);
    CHECK(loose.errors[exit] <= 0.1);
  }
  CHECK(loose.shares[0] > strict.shares[0]);
  const auto none = replay(profile, kCosts, zero_overlap(profile));
  CHECK(none.agreement == 1);
}

TEST_CASE("exits that are always right and sure let everything leave") {
  ExitProfile profile;
  profile.exits.resize(1);
  for (int i = 0; i < 1000; ++i) profile.exits[0].push_back({1.0F, true, true});
  profile.full_right.assign(1000, 1);
  const auto thresholds = calibrate_exits(profile, profile, 0.99, 0.95, ExitPromise::kEachExit);
  CHECK(thresholds[0] == 0);
  CHECK(replay(profile, {{1, 9}, {0}}, thresholds).shares[0] == 1);
}
