// Who is on the front of a condition, by hand, and a short run of all policies.
#include "native/simulate/selection/selection_runs.hpp"

#include <doctest/doctest.h>

#include "native/simulate/selection/selection_report.hpp"

using namespace sluice::simulate;

namespace {

ConditionOutcome made_up() {
  ConditionOutcome condition;
  condition.name = "made up";
  condition.sla_ms = 250;
  condition.outcomes.resize(kPolicies.size());
  for (SelectionOutcome& one : condition.outcomes) {
    one.late = 0.5;
    one.accuracy = 50;
  }
  return condition;
}

SelectionOutcome& of(ConditionOutcome& condition, Policy policy) {
  return condition.outcomes[static_cast<std::size_t>(policy)];
}

}  // namespace

TEST_CASE("on the front is what nothing beats in both") {
  ConditionOutcome condition = made_up();
  CHECK(dominating(condition, Policy::kSluice) == nullptr);  // equals do not dominate
  of(condition, Policy::kGreedy).accuracy = 60;
  REQUIRE(dominating(condition, Policy::kSluice) != nullptr);
  CHECK(*dominating(condition, Policy::kSluice) == Policy::kGreedy);
  of(condition, Policy::kGreedy).late = 0.51;  // later: a matter of taste
  CHECK(dominating(condition, Policy::kSluice) == nullptr);
  of(condition, Policy::kFastest).late = 0.1;
  CHECK(*dominating(condition, Policy::kSluice) == Policy::kFastest);
}

TEST_CASE("the line of JSON names the worst condition at 250 ms") {
  std::vector<ConditionOutcome> conditions = {made_up(), made_up(), made_up()};
  conditions[1].name = "bad \"one\"";
  of(conditions[0], Policy::kSluice).attainment = 1;
  of(conditions[1], Policy::kSluice).attainment = 0.9;
  conditions[2].sla_ms = 100;
  const std::string json = selection_json({0.25, 0.01}, conditions);
  CHECK(json.find("\"table_max_error\":0.250") != std::string::npos);
  CHECK(json.find("\"attainment_250\":0.9000,\"attainment_250_worst_condition\":\"bad _one_\"") != std::string::npos);
  CHECK(json.find("\"conditions\":3,\"off_front\":0") != std::string::npos);
  CHECK(selection_json({}, {}).find("\"attainment_250\":null") != std::string::npos);
}

TEST_CASE("every policy runs under every condition") {
  SelectionPlan plan;
  plan.requests = 200;
  plan.slas_ms = {250};
  std::size_t told = 0;
  const auto done =
      run_selection(plan, [&told](std::size_t so_far, std::size_t of) { told = so_far == of ? of : told; });
  REQUIRE(done.has_value());
  CHECK(done->size() == 2 * table_networks().size() + plan.loads_per_s.size());
  CHECK(told == done->size());
  for (const ConditionOutcome& condition : *done) CHECK(condition.outcomes.size() == kPolicies.size());
}
