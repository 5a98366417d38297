// Tables, the line of JSON and the picture of a made-up result.
#include "native/simulate/choice/choice_report.hpp"

#include <doctest/doctest.h>

using namespace sluice::simulate;

namespace {

ChoiceCondition condition(const char* network, double cost, double wrong, double single_cost) {
  ChoiceCondition one;
  one.network = network;
  one.device_mac_per_us = 300;
  one.server_load = 0.3;
  one.weights = "even";
  one.choice.cost = cost;
  one.choice.wrong = wrong;
  one.choice.attainment = 1;
  if (single_cost == 0) return one;
  BestFixed exits{"exits", false, "exits-900", {}};
  exits.outcome.cost = single_cost;
  BestFixed gated{"gate and exits", true, "exits-900 behind 90", {}};
  gated.outcome.cost = single_cost / 2;
  one.best = {exits, gated};
  return one;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the line of JSON has the worst, the means, and what was not kept") {
  const std::vector<ChoiceCondition> conditions = {condition("one", 10, 0.04, 20), condition("a \"b\"", 9, 0.06, 10),
                                                   condition("three", 5, 0.01, 0)};
  const std::string json = choice_json(conditions, {});
  CHECK(has(json, "\"cost_over_best_single_worst\":0.9000,\"cost_over_best_single_mean\":0.7000"));
  CHECK(has(json, "\"cost_over_best_fixed_worst\":1.8000"));
  CHECK(has(json, "\"cost_over_best_fixed_losses\":1"));
  CHECK(has(json, "a _b_, device 300"));
  CHECK(has(json, "\"promise_kept\":0.6667,\"wrong_worst\":0.0600"));
  CHECK(has(json, "\"deadline_kept\":1.0000,\"none_possible\":1"));
}

TEST_CASE("with nothing to compare with the figure is null") {
  const std::vector<ChoiceCondition> conditions = {condition("one", 10, 0.04, 0)};
  CHECK(has(choice_json(conditions, {}), "\"cost_over_best_single_worst\":null"));
  CHECK(has(choice_report(conditions, {}), "none;"));
}

TEST_CASE("the picture has a bar for each family, as long as its cost over the choice's") {
  const std::vector<ChoiceCondition> conditions = {condition("one", 10, 0.04, 20), condition("two", 10, 0.04, 0)};
  const std::string svg = choice_plot(conditions);
  CHECK(has(svg, "2.00, least 2.00, 1 of 2"));
  CHECK(has(svg, ">gate and exits<"));
  CHECK(has(svg, "1.00, least 1.00, 1 of 2"));
}

TEST_CASE("tables name the condition, the choice and the best of each family") {
  const auto one = condition("one", 10, 0.04, 20);
  CHECK(has(condition_families(one), "exits-900 behind 90"));
  CHECK(has(choice_report(std::vector{one}, {}), "0.500  exits-900; 1.000 of exits-900 behind 90"));
}
