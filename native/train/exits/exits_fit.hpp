// `sluice fit --exits`: from labelled pictures, or a classifier and pictures, to a classifier with early exits.
#pragma once

#include <cstdio>

#include "core/base/result.hpp"
#include "native/train/exits/options.hpp"

namespace sluice::train::exits {

// kInvalidArgument names the option that makes no sense.
Result<void> check(const Options& options);

// Trains stage after stage, each going on from what lies in the work folder. What it does goes to `log_file`; nullptr: silence.
Result<void> run_exits_fit(const Options& options, std::FILE* log_file);

}  // namespace sluice::train::exits
