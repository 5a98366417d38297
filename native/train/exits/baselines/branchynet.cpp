#include "native/train/exits/baselines/branchynet.hpp"

#include <array>

#include "native/eval/exits/exit_measurement.hpp"
#include "native/train/exits/baselines/exit_placement.hpp"
#include "native/train/exits/baselines/exit_system.hpp"

namespace sluice::train::exits::baselines {
namespace {

using sluice::exits::ExitRule;

// In nats, of the released code.
constexpr std::array kGrid{1e-4F, 1e-3F, 5e-3F, 1e-2F, 5e-2F, 0.1F, 0.5F, 0.75F, 1.0F, 5.0F, 10.0F};
constexpr double kFullWeight = 0.3;        // the paper's, against 1 of the exits
constexpr std::array kConvolutions{2, 1};  // of the first and the second exit

Result<std::vector<ExitBaselinePoint>> run_branchy(const Subject& subject, bool joint) {
  std::vector<PlacedBranch> branches;
  for (const std::size_t place : branchy_places(subject.places, subject.data.train.height())) {
    branches.push_back(
        {place, make_plain_branch(subject.places.all[place], kConvolutions[branches.size()], subject.data.classes)});
    subject.log.line("BranchyNet's exit at '" + subject.places.all[place].tensor + "'");
  }
  if (branches.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the backbone has no place behind which its maps are smaller");
  }
  ExitTraining training;
  training.name = joint ? "branchynet" : "branchynet-frozen";
  training.joint = joint;
  training.full_weight = kFullWeight;
  training.distillation = 0;
  training.descent = {.epochs = joint ? subject.epochs(8, 4) : subject.epochs(8, 5), .peak_rate = joint ? 0.01 : 0.05};
  const auto system = train_system(subject, training, std::move(branches), ExitRule::kEntropy);
  if (!system) return fail(system.error());
  std::vector<float> values;
  for (const float nats : kGrid) {
    values.push_back(eval::to_profile(ExitRule::kEntropy, nats, static_cast<std::size_t>(subject.data.classes)));
  }
  ExitBaselinePoint base = subject.point("branchynet", joint ? "joint" : "frozen backbone");
  base.epochs = training.descent.epochs;
  return points_of(subject, *system, threshold_product(values, system->costs.branches.size()), ExitRule::kEntropy,
                   base);
}

}  // namespace

Result<std::vector<ExitBaselinePoint>> run_branchynet(const Subject& subject) { return run_branchy(subject, true); }

Result<std::vector<ExitBaselinePoint>> run_branchynet_frozen(const Subject& subject) {
  return run_branchy(subject, false);
}

}  // namespace sluice::train::exits::baselines
