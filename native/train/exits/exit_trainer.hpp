// Trains a network's exits: all that hang on it in the same run, each by a loss of its own. Frozen, the backbone stays as it is, and
// exits learn from its answers and the labels; joint, everything learns from labels: L = full_weight * L_base + sum L_i, FlexDNN's with a
// full weight of 1, BranchyNet's with less; branches, which are new, then learn faster than the backbone.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "native/eval/exits/exit_profile.hpp"
#include "native/train/exits/exit_network.hpp"
#include "native/train/exits/options.hpp"
#include "native/train/progress.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"

namespace sluice::train::exits {

struct ExitTraining {
  std::string name = "exits";  // of the stage
  bool joint = false;
  double full_weight = 1;
  double distillation = 0.7;         // frozen: the full model's answers against the labels; 1: no label is looked at
  double distillation_softness = 2;  // temperature
  splitnet::TrainingOptions descent;
};

// Leaves `NAME-*.checkpoint` in options.work and goes on from it. `key`: what the network and the data are.
Result<void> train_exits(ExitNetwork& network, const splitnet::LabelledData& data, const ExitTraining& training,
                         const Options& options, const std::string& key, ProgressLog& log);

// What each branch answers to each picture of a set.
eval::ExitProfile profile_exits(ExitNetwork& network, const splitnet::PictureSet& set, sluice::exits::ExitRule rule);

}  // namespace sluice::train::exits
