// The budgeted mode against streams of made-up inputs: what an input costs depends on how hard it is and on the level that it is run at.
#include "core/exit/cost_budget.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>

using sluice::exits::CostBudget;

namespace {

// Mean costs of the levels; the last one is the whole model.
constexpr std::array kLevels{0.25, 0.4, 0.55, 0.8, 1.0};

// An input leaves early, at a fifth of the model, as often as the level's mean cost says; `harder` takes from that.
double cost_of(std::size_t level, double harder, std::mt19937& random) {
  const double mean = kLevels[level] + (1 - kLevels[level]) * harder;
  const double early = (1 - mean) / 0.8;
  return std::uniform_real_distribution<double>(0, 1)(random) < early ? 0.2 : 1.0;
}

double mean_cost(CostBudget& budget, int inputs, double harder, std::mt19937& random) {
  double sum = 0;
  for (int i = 0; i < inputs; ++i) {
    const double cost = cost_of(budget.next(), harder, random);
    budget.spent(cost);
    sum += cost;
  }
  return sum / inputs;
}

}  // namespace

TEST_CASE("the mean cost comes to the budget, wherever it lies between the levels") {
  for (const double share : {0.3, 0.45, 0.62, 0.9}) {
    CAPTURE(share);
    std::mt19937 random(7);
    CostBudget budget(share, kLevels.size());
    CHECK(mean_cost(budget, 2000, 0, random) == doctest::Approx(share).epsilon(0.03));
  }
}

TEST_CASE("inputs that turn harder are met by cheaper levels, and the budget holds again") {
  std::mt19937 random(11);
  CostBudget budget(0.6, kLevels.size());
  mean_cost(budget, 500, 0, random);
  mean_cost(budget, 200, 0.3, random);  // finds its way
  CHECK(mean_cost(budget, 2000, 0.3, random) == doctest::Approx(0.6).epsilon(0.03));
}

TEST_CASE("a budget that the cheapest level cannot keep ends there, and one of the whole model runs all") {
  std::mt19937 random(3);
  CostBudget low(0.1, kLevels.size());
  mean_cost(low, 300, 0, random);
  for (int i = 0; i < 20; ++i) {
    CHECK(low.next() == 0);
    low.spent(0.25);
  }
  CostBudget all(1, kLevels.size());
  for (int i = 0; i < 300; ++i) {
    CHECK(all.next() == kLevels.size() - 1);
    all.spent(1);
  }
}

TEST_CASE("what could not be paid back is not held against later inputs for long") {
  std::mt19937 random(5);
  CostBudget budget(0.5, kLevels.size());
  for (int i = 0; i < 100'000; ++i) {
    budget.next();
    budget.spent(1);  // inputs that nothing makes cheaper
  }
  mean_cost(budget, 600, 0, random);
  CHECK(mean_cost(budget, 2000, 0, random) == doctest::Approx(0.5).epsilon(0.03));
}

TEST_CASE("with other levels it stays as far from the whole model as it was, and one level is always taken") {
  CostBudget budget(0.5, 5);
  CHECK(budget.next() == 0);
  for (int i = 0; i < 50; ++i) {
    budget.next();
    budget.spent(1);
  }
  CHECK(budget.next() == 0);
  budget.set_levels(3);
  CHECK(budget.next() == 0);
  budget.set_levels(1);
  CHECK(budget.next() == 0);
  budget.spent(1);
  CHECK(budget.next() == 0);
}

TEST_CASE("a mean that cannot be met costs no more than none, but for the input that runs whole") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::mt19937 same(seed);
    CostBudget budget(0.2, 1);
    budget.set_levels(kLevels.size());
    budget.spent(1);  // whose level was not asked for
    double none = 0;
    double sum = 0;
    for (int i = 0; i < 60; ++i) {
      const double cost = cost_of(budget.next(), 0.2, random);
      budget.spent(cost);
      sum += cost;
      none += cost_of(0, 0.2, same);
    }
    CHECK(sum == doctest::Approx(none));
    CHECK(sum / 60 > 0.2);
  }
}

TEST_CASE("it is the cheapest level that costs more when many inputs do, and not when a few do") {
  std::mt19937 random(13);
  for (const int inputs : {1, 20, 60, 500, 5000}) {
    CAPTURE(inputs);
    CostBudget fresh(0.62, kLevels.size());
    CHECK_FALSE(sluice::exits::cheapest_costs_more(mean_cost(fresh, inputs, 0, random), 0.62,
                                                   static_cast<std::uint64_t>(inputs)));
  }
  CHECK_FALSE(sluice::exits::cheapest_costs_more(0.55, 0.5, 60));
  CHECK(sluice::exits::cheapest_costs_more(0.55, 0.5, 1000));
  CHECK(sluice::exits::cheapest_costs_more(1, 0.1, 30));
}
