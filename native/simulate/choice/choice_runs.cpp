#include "native/simulate/choice/choice_runs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace sluice::simulate {
namespace {

struct FixedRun {
  std::string family;
  std::string setting;
  bool gated = false;
  ChoiceOutcome outcome;
};

std::string family_of(const AnswerColumn& column) {
  if (column.name.starts_with("cut-")) return "exits and cut";
  if (column.kind == "exit") return "exits";
  if (column.kind == "split") return "halves";
  if (column.kind == "here") return "here";
  return "sending";
}

Result<std::vector<FixedRun>> run_fixed(const ChoiceSetup& setup) {
  const AnswerTable& table = *setup.table;
  std::vector<FixedRun> runs;
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    for (std::size_t gate = 0; gate <= table.gate_targets.size(); ++gate) {  // the last one: none
      const bool gated = gate < table.gate_targets.size();
      const FixedAnswer fixed{gated ? std::optional(gate) : std::nullopt, column};
      const auto outcome = simulate_fixed(setup, fixed);
      if (!outcome) return fail(outcome.error());
      FixedRun run{family_of(table.columns[column]), table.columns[column].name, gated, *outcome};
      if (gated) {
        run.family = "gate and " + run.family;
        run.setting += " behind " + std::to_string(std::lround(100 * table.gate_targets[gate]));
      }
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

std::vector<BestFixed> best_of_families(const std::vector<FixedRun>& runs, const adapt::CostWeights& weights,
                                        const ChoicePlan& plan) {
  std::vector<BestFixed> best;
  for (const FixedRun& run : runs) {
    ChoiceOutcome outcome = run.outcome;
    outcome.cost = cost_of(outcome.spent, weights);
    if (!keeps(outcome, plan)) continue;
    const auto found = std::ranges::find(best, run.family, &BestFixed::family);
    if (found == best.end()) best.push_back({run.family, run.gated, run.setting, outcome});
    else if (outcome.cost < found->outcome.cost) *found = {run.family, run.gated, run.setting, outcome};
  }
  return best;
}

const BestFixed* cheapest(const std::vector<BestFixed>& best, bool gated_too) {
  const BestFixed* found = nullptr;
  for (const BestFixed& one : best) {
    if (one.gated && !gated_too) continue;
    if (found == nullptr || one.outcome.cost < found->outcome.cost) found = &one;
  }
  return found;
}

}  // namespace

bool keeps(const ChoiceOutcome& outcome, const ChoicePlan& plan) {
  return outcome.wrong <= 1 - plan.target && outcome.attainment >= plan.kept_in_time;
}

std::string ChoiceCondition::name() const {
  char text[200];
  std::snprintf(text, sizeof text, "%.60s, device %g, server %g, %.30s", network.c_str(), device_mac_per_us,
                server_load, weights.c_str());
  return text;
}

const BestFixed* ChoiceCondition::best_single() const { return cheapest(best, false); }
const BestFixed* ChoiceCondition::best_of_all() const { return cheapest(best, true); }

std::vector<NetworkTrace> made_up_links(std::uint64_t seed) {
  constexpr double kWander = 0.2;  // deviation of the logarithm
  constexpr double kMemory = 0.9;  // of it from second to second
  constexpr int kSeconds = 1200;
  std::vector<NetworkTrace> links;
  Draw draw(seed);
  for (const double mbit : {0.27, 1.0, 6.0, 20.0}) {
    std::vector<NetworkTrace::Piece> pieces;
    double off = 0;
    for (int i = 0; i < kSeconds; ++i) {
      off = kMemory * off + draw.normal(0, kWander * std::sqrt(1 - kMemory * kMemory));
      pieces.push_back({1, mbit * 1e6 / 8 * std::exp(off)});
    }
    char name[40];
    std::snprintf(name, sizeof name, "made up, %g Mbit/s", mbit);
    links.push_back(*NetworkTrace::create(name, pieces));
  }
  return links;
}

std::vector<NamedWeights> usual_weights() {
  return {{"even", {1, 5, 1}}, {"server dear", {1, 5, 10}}, {"bytes dear", {1, 50, 1}}};
}

Result<std::vector<ChoiceCondition>> run_choice(const AnswerTable& table, const ChoicePlan& plan,
                                                const std::function<void(std::size_t, std::size_t)>& progress) {
  const AnswerEstimates estimates = estimate_answers(table);
  std::vector<ChoiceCondition> conditions;
  const std::size_t all = plan.networks.size() * plan.device_mac_per_us.size() * plan.server_loads.size();
  std::size_t done = 0;
  for (const NetworkTrace& network : plan.networks) {
    for (const double device : plan.device_mac_per_us) {
      for (const double load : plan.server_loads) {
        ChoiceSetup setup;
        setup.table = &table;
        setup.estimates = &estimates;
        setup.world.network = &network;
        setup.world.round_trip_ms = plan.round_trip_ms;
        setup.world.device_kmac_per_ms = device;
        setup.world.server_load = load;
        setup.world.seed = plan.seed;
        setup.target = plan.target;
        setup.deadline_ms = plan.deadline_ms;
        setup.kept_in_time = plan.kept_in_time;
        setup.gap_ms = plan.gap_ms;
        setup.check_share = plan.check_share;
        setup.inputs = plan.inputs;
        const auto fixed = run_fixed(setup);
        if (!fixed) return fail(fixed.error());
        for (const NamedWeights& weights : plan.weights) {
          setup.weights = weights.weights;
          const auto choice = simulate_choice(setup);
          if (!choice) return fail(choice.error());
          conditions.push_back(
              {network.name(), device, load, weights.name, *choice, best_of_families(*fixed, weights.weights, plan)});
        }
        if (progress) progress(++done, all);
      }
    }
  }
  return conditions;
}

}  // namespace sluice::simulate
