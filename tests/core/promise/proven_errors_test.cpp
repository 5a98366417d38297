#include "core/promise/proven_errors.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/core/promise/audited_stream.hpp"

using namespace sluice;
using namespace sluice::promise;
using sluice::promise::test::draw;
using sluice::promise::test::Draws;

namespace {

// Runs in which the interval lost the truth at any moment that was looked at. `wrong_at` and `q_at` may look at what came before.
template <typename Wrong, typename Probability>
int runs_that_miss(int runs, int inputs, double confidence, Wrong wrong_at, Probability q_at) {
  int missed = 0;
  for (int run = 0; run < runs; ++run) {
    Draws draws(static_cast<std::uint64_t>(run) + 1);
    auto proven = ProvenErrors::create(confidence);
    std::uint64_t errors = 0;
    std::uint64_t found = 0;
    bool lost = false;
    for (int i = 0; i < inputs && !lost; ++i) {
      const bool wrong = wrong_at(i, found, draws);
      const auto input = draw(wrong, q_at(i, found), draws);
      REQUIRE(proven->count(input));
      errors += wrong ? 1 : 0;
      found += input.wrong ? 1 : 0;
      // The interval moves most at an error, and at a find.
      if (!wrong && i % 16 != 0) continue;
      const ErrorInterval interval = proven->errors();
      lost = errors < interval.least || errors > interval.most;
    }
    missed += lost ? 1 : 0;
  }
  return missed;
}

}  // namespace

TEST_CASE("the truth lies outside at any time in no more runs than stated") {
  constexpr int kRuns = 400;
  constexpr double kConfidence = 0.8;         // low, so that there is something to miss
  constexpr int kMost = kRuns * 2 / 10 + 24;  // three deviations more
  const auto steadily = [](double rate) {
    return [rate](int, std::uint64_t, Draws& draws) { return draws.with(rate); };
  };
  const auto always = [](double q) { return [q](int, std::uint64_t) { return q; }; };
  CHECK(runs_that_miss(kRuns, 600, kConfidence, steadily(0.1), always(0.05)) <= kMost);
  CHECK(runs_that_miss(kRuns, 600, kConfidence, steadily(0.5), always(0.3)) <= kMost);
  CHECK(runs_that_miss(kRuns, 600, kConfidence, steadily(1), always(0.01)) <= kMost);
  // An adversary who errs until an audit finds it, and audits that become rarer after each find.
  CHECK(runs_that_miss(
            kRuns, 600, kConfidence, [](int, std::uint64_t found, Draws&) { return found < 3; },
            [](int, std::uint64_t found) { return 0.2 / static_cast<double>(1 + found); }) <= kMost);
}

TEST_CASE("how wide it is: nothing found in 5 % audits") {
  auto proven = ProvenErrors::create(0.95);
  Draws draws(7);
  std::uint64_t most[3]{};
  int next = 0;
  for (int i = 1; i <= 100'000; ++i) {
    REQUIRE(proven->count(draw(false, 0.05, draws)));
    if (i == 1000 || i == 10'000 || i == 100'000) most[next++] = proven->errors().most;
  }
  // About log(2 * kRates / alpha) / -log(1 - q), whatever the length: 135, and more since the rates are few.
  CHECK(most[0] > 100);
  CHECK(most[0] < 190);
  CHECK(most[2] == most[0]);
  CHECK(proven->errors().least == 0);
}

TEST_CASE("it narrows: ten per cent wrong, five per cent audited") {
  auto proven = ProvenErrors::create(0.95);
  Draws draws(11);
  std::uint64_t errors = 0;
  for (int i = 0; i < 100'000; ++i) {
    const bool wrong = draws.with(0.1);
    errors += wrong ? 1 : 0;
    REQUIRE(proven->count(draw(wrong, 0.05, draws)));
  }
  const ErrorInterval interval = proven->errors();
  CHECK(interval.least <= errors);
  CHECK(interval.most >= errors);
  CHECK(interval.least > 8'000);
  CHECK(interval.most < 12'500);
}

TEST_CASE("all audited: what was found is what there is") {
  auto proven = ProvenErrors::create(0.95);
  for (int i = 0; i < 500; ++i) {
    REQUIRE(proven->count({.audit_probability = 1, .audited = true, .wrong = i % 10 == 0}));
    REQUIRE(proven->count({.by_full_model = true}));
  }
  CHECK(proven->errors().least == 50);
  CHECK(proven->errors().most == 50);
  CHECK(proven->inputs() == 1000);
}

TEST_CASE("answers that are hardly ever audited are taken for wrong where nothing better is known") {
  auto proven = ProvenErrors::create(0.95);
  for (int i = 0; i < 100; ++i) REQUIRE(proven->count({.audit_probability = 1e-9}));
  CHECK(proven->errors().most == 100);
  CHECK(proven->errors().least == 0);
}

TEST_CASE("what is no input or no confidence is refused, and not counted") {
  for (const double bad : {0.0, 1.0, -1.0, std::nan("")}) {
    CHECK(ProvenErrors::create(bad).error().code == ErrorCode::kInvalidArgument);
  }
  auto proven = ProvenErrors::create();
  for (const double bad : {0.0, 1.5, -0.1, std::nan("")}) {
    CHECK(proven->count({.audit_probability = bad}).error().code == ErrorCode::kInvalidArgument);
  }
  CHECK(!proven->count({.audit_probability = 0.5, .wrong = true}));
  CHECK(!proven->count({.by_full_model = true, .audited = true, .wrong = true}));
  CHECK(proven->inputs() == 0);
}
