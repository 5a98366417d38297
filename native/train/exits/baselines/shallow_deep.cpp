#include "native/train/exits/baselines/shallow_deep.hpp"

#include <array>

#include "native/train/exits/baselines/exit_placement.hpp"
#include "native/train/exits/baselines/exit_system.hpp"

namespace sluice::train::exits::baselines {
namespace {

using sluice::exits::ExitRule;

constexpr std::array kShares{0.15, 0.3, 0.45, 0.6, 0.75, 0.9};
constexpr std::array kSweep{0.4F,  0.5F,  0.6F,  0.7F,   0.75F, 0.8F,   0.85F,   0.9F,   0.925F,  0.95F,
                            0.96F, 0.97F, 0.98F, 0.985F, 0.99F, 0.995F, 0.9975F, 0.999F, 0.9995F, 0.9999F};

}  // namespace

Result<std::vector<ExitBaselinePoint>> run_shallow_deep(const Subject& subject) {
  std::vector<PlacedBranch> branches;
  for (const std::size_t place : places_at(subject.places, kShares)) {
    branches.push_back({place, make_internal_classifier(subject.places.all[place], subject.data.classes)});
  }
  ExitTraining training;
  training.name = "sdn";
  training.distillation = 0;
  training.descent = {.epochs = subject.epochs(8, 5), .peak_rate = 0.05};
  const auto system = train_system(subject, training, std::move(branches), ExitRule::kMaxProbability);
  if (!system) return fail(system.error());
  ExitBaselinePoint base = subject.point("sdn", "frozen backbone");
  base.epochs = training.descent.epochs;
  return points_of(subject, *system, common_thresholds(kSweep, system->costs.branches.size()),
                   ExitRule::kMaxProbability, base);
}

}  // namespace sluice::train::exits::baselines
