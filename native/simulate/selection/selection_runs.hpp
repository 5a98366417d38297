// What `sluice simulate selection` runs: every policy under each condition, and whether the one shipped is on the Pareto front of lateness
// and accuracy there. Deterministic by the seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "native/simulate/selection/selection_simulation.hpp"

namespace sluice::simulate {

struct SelectionPlan {
  std::vector<double> slas_ms = {100, 250, 400};
  std::vector<double> loads_per_s = {20, 60, 120};  // with a queue, on campus
  std::uint32_t workers = 4;
  std::vector<NetworkTrace> traces;
  double trace_load_per_s = 20;
  bool gpu = true;
  std::size_t requests = 10'000;
  std::uint64_t seed = 1;
};

struct ConditionOutcome {
  std::string name;
  double sla_ms = 0;
  bool queueing = false;
  bool traced = false;
  std::vector<SelectionOutcome> outcomes;  // of each of kPolicies
};

// `progress`: conditions done and all of them; may be empty.
Result<std::vector<ConditionOutcome>> run_selection(const SelectionPlan& plan,
                                                    const std::function<void(std::size_t, std::size_t)>& progress);

const SelectionOutcome& outcome_of(const ConditionOutcome& condition, Policy policy);

// The policy that is no later and more accurate than `policy`, or as accurate and less late, by more than seeds differ; nullptr when there
// is none, so that `policy` is on the front.
const Policy* dominating(const ConditionOutcome& condition, Policy policy);

}  // namespace sluice::simulate
