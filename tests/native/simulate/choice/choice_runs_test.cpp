// Conditions with the shipped table, on one network.
#include "native/simulate/choice/choice_runs.hpp"

#include <doctest/doctest.h>

using namespace sluice::simulate;

TEST_CASE("under each condition the best fixed systems keep both, and the choice costs less than any alone") {
  const auto table = parse_answer_table(shipped_answer_table());
  REQUIRE(table.has_value());
  ChoicePlan plan;
  plan.networks = {made_up_links(1).at(2)};
  plan.weights = usual_weights();
  plan.inputs = 3000;
  std::size_t told = 0;
  const auto conditions = run_choice(*table, plan, [&](std::size_t done, std::size_t of) {
    CHECK(of == 4);
    told = done;
  });
  REQUIRE(conditions.has_value());
  CHECK(told == 4);
  REQUIRE(conditions->size() == 12);
  for (const ChoiceCondition& condition : *conditions) {
    CAPTURE(condition.name());
    for (const BestFixed& best : condition.best) CHECK(keeps(best.outcome, plan));
    const BestFixed* single = condition.best_single();
    const BestFixed* best = condition.best_of_all();
    if (single == nullptr) continue;
    REQUIRE(best != nullptr);
    CHECK_FALSE(single->gated);
    CHECK(best->outcome.cost <= single->outcome.cost);
    CHECK(condition.choice.cost < single->outcome.cost);
  }
}
