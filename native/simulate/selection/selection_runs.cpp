#include "native/simulate/selection/selection_runs.hpp"

#include <numeric>

namespace sluice::simulate {
namespace {

// What two seeds differ by at 10,000 requests.
constexpr double kSeedPoints = 0.5;
constexpr double kSeedShare = 0.005;

struct Condition {
  std::string name;
  SelectionSetup setup;
};

std::string whole(double value) { return std::to_string(static_cast<long>(value)); }

std::vector<Condition> conditions_of(const SelectionPlan& plan) {
  SelectionSetup base;
  base.models.resize(table_models().size());
  std::iota(base.models.begin(), base.models.end(), std::size_t{0});
  base.gpu = plan.gpu;
  base.requests = plan.requests;
  base.seed = plan.seed;
  std::vector<Condition> conditions;
  for (const double sla_ms : plan.slas_ms) {
    base.sla_ms = sla_ms;
    for (const TableNetwork& network : table_networks()) {
      SelectionSetup setup = base;
      setup.network = network;
      conditions.push_back({std::string(network.name), setup});
      setup.one_draw_for_both_ways = false;
      conditions.push_back({std::string(network.name) + ", own way back", setup});
    }
    for (const double load : plan.loads_per_s) {
      SelectionSetup setup = base;
      setup.network = *find_network("campus");
      setup.workers = plan.workers;
      setup.requests_per_s = load;
      conditions.push_back({"campus, " + whole(load) + " requests/s on " + whole(plan.workers), setup});
    }
    for (const NetworkTrace& trace : plan.traces) {
      SelectionSetup setup = base;
      setup.trace = &trace;
      setup.workers = plan.workers;
      setup.requests_per_s = plan.trace_load_per_s;
      conditions.push_back({trace.name(), setup});
    }
  }
  return conditions;
}

bool dominates(const SelectionOutcome& other, const SelectionOutcome& one) {
  const bool more_accurate = other.accuracy > one.accuracy + kSeedPoints && other.late <= one.late;
  const bool less_late = other.late < one.late - kSeedShare && other.accuracy >= one.accuracy;
  return more_accurate || less_late;
}

}  // namespace

Result<std::vector<ConditionOutcome>> run_selection(const SelectionPlan& plan,
                                                    const std::function<void(std::size_t, std::size_t)>& progress) {
  const auto conditions = conditions_of(plan);
  std::vector<ConditionOutcome> done;
  for (const Condition& condition : conditions) {
    ConditionOutcome outcome{
        condition.name, condition.setup.sla_ms, condition.setup.workers > 0, condition.setup.trace != nullptr, {}};
    for (const Policy policy : kPolicies) {
      const auto one = simulate_selection(condition.setup, policy);
      if (!one) return fail(one.error());
      outcome.outcomes.push_back(*one);
    }
    done.push_back(std::move(outcome));
    if (progress) progress(done.size(), conditions.size());
  }
  return done;
}

const SelectionOutcome& outcome_of(const ConditionOutcome& condition, Policy policy) {
  return condition.outcomes[static_cast<std::size_t>(policy)];
}

const Policy* dominating(const ConditionOutcome& condition, Policy policy) {
  for (const Policy& other : kPolicies) {
    if (other != policy && dominates(outcome_of(condition, other), outcome_of(condition, policy))) return &other;
  }
  return nullptr;
}

}  // namespace sluice::simulate
