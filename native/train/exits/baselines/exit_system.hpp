// A backbone with exits of some system: trained, and what its exits answer to calibration and test pictures.
#pragma once

#include <vector>

#include "native/train/exits/baselines/subject.hpp"
#include "native/train/exits/baselines/threshold_choice.hpp"
#include "native/train/exits/exit_trainer.hpp"

namespace sluice::train::exits::baselines {

struct ExitSystem {
  eval::ExitProfile calibration;  // that half of the kept-back pictures which calibrates our own exits, too
  eval::ExitProfile test;
  eval::ExitCosts costs;
  std::uint64_t weights_bytes = 0;
};

// Trains `branches`, one at each place at most, in their order. What is trained is kept in the work folder.
Result<ExitSystem> train_system(const Subject& subject, const ExitTraining& training,
                                std::vector<PlacedBranch> branches, sluice::exits::ExitRule rule);

// The front that the candidates have on the calibration pictures, as it is on the test pictures. `base` has what all points of the
// system have in common; thresholds are written in the rule's unit.
std::vector<ExitBaselinePoint> points_of(const Subject& subject, const ExitSystem& system,
                                         std::span<const Thresholds> candidates, sluice::exits::ExitRule rule,
                                         const ExitBaselinePoint& base);

// Of a measured set, every second picture from the second on.
eval::ExitProfile calibration_half(const eval::ExitProfile& all);

}  // namespace sluice::train::exits::baselines
