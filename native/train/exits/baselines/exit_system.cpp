#include "native/train/exits/baselines/exit_system.hpp"

#include <numeric>
#include <sstream>

#include "native/eval/exits/exit_measurement.hpp"
#include "native/train/exits/exit_costs.hpp"
#include "native/train/exits/exit_export.hpp"

namespace sluice::train::exits::baselines {

using sluice::exits::ExitRule;

eval::ExitProfile calibration_half(const eval::ExitProfile& all) {
  std::vector<std::size_t> exits(all.exits.size());
  std::iota(exits.begin(), exits.end(), std::size_t{0});
  std::vector<std::size_t> inputs;
  for (std::size_t i = 1; i < all.inputs(); i += 2) inputs.push_back(i);
  return eval::select(all, exits, inputs);
}

Result<ExitSystem> train_system(const Subject& subject, const ExitTraining& training,
                                std::vector<PlacedBranch> branches, ExitRule rule) {
  auto backbone = subject.backbone();
  if (!backbone) return fail(backbone.error());
  ExitNetwork network(std::move(*backbone), subject.input, subject.places.all, std::move(branches));
  if (auto trained = train_exits(network, subject.data, training, subject.stage_options(), subject.key, subject.log);
      !trained) {
    return fail(trained.error());
  }
  std::vector<std::size_t> all(network->size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  ExitSystem system;
  system.calibration = calibration_half(profile_exits(network, subject.data.validation, rule));
  system.test = profile_exits(network, subject.test, rule);
  system.costs = costs_of(*network, subject.places.multiply_adds, all);
  const auto loaded = load_cost(export_exits(*network, all, subject.data.classes, WeightForm::kFloat16));
  if (!loaded) return fail(loaded.error());
  system.weights_bytes = subject.weights_bytes + loaded->weights_bytes;
  return system;
}

std::vector<ExitBaselinePoint> points_of(const Subject& subject, const ExitSystem& system,
                                         std::span<const Thresholds> candidates, ExitRule rule,
                                         const ExitBaselinePoint& base) {
  std::vector<ExitBaselinePoint> points;
  for (const std::size_t chosen : pareto_front(system.calibration, system.costs, candidates)) {
    const eval::ExitReplay replayed = eval::replay(system.test, system.costs, candidates[chosen]);
    std::ostringstream thresholds;
    for (const float one : candidates[chosen]) {
      const float value = eval::from_profile(rule, one, static_cast<std::size_t>(subject.data.classes));
      thresholds << (thresholds.tellp() > 0 ? " " : "") << value;
    }
    ExitBaselinePoint point = base;
    point.rule = sluice::exits::rule_name(rule);
    point.thresholds = thresholds.str();
    point.accuracy = replayed.accuracy;
    point.agreement = replayed.agreement;
    point.macs_mean = replayed.multiply_adds;
    point.exits = system.costs.branches.size();
    point.weights_bytes = system.weights_bytes;
    points.push_back(std::move(point));
  }
  return points;
}

}  // namespace sluice::train::exits::baselines
