// Trains a network's exits: all that hang on it in the same run, each by a loss of its own (FlexDNN's L = L_base + sum w_i L_i with
// all weights 1). Frozen, exits learn from the backbone's answers and the labels; joint, everything learns from labels.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "native/eval/exits/exit_profile.hpp"
#include "native/train/exits/exit_network.hpp"
#include "native/train/exits/options.hpp"
#include "native/train/progress.hpp"
#include "native/train/splitnet/labelled_pictures.hpp"

namespace sluice::train::exits {

// Leaves `exits-*.checkpoint` in the work folder and goes on from it. `key`: what the network and the data are.
Result<void> train_exits(ExitNetwork& network, const splitnet::LabelledData& data, const Options& options,
                         const std::string& key, ProgressLog& log);

// What each branch answers to each picture of a set.
eval::ExitProfile profile_exits(ExitNetwork& network, const splitnet::PictureSet& set, ExitRule rule);

}  // namespace sluice::train::exits
