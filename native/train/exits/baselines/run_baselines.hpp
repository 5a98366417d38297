// Published ways of early exits and their kin, trained and measured against one backbone on one set of pictures: each system of
// options.systems in turn. What is trained is kept in the work folder. Results are those of test pictures; thresholds are chosen
// on the calibrating half of the kept-back training pictures.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/train/exits/baselines/exit_point.hpp"
#include "native/train/exits/baselines/options.hpp"

namespace sluice::train::exits::baselines {

// In the order in which they run.
std::vector<std::string> known_systems();

// On CIFAR-10, from files to files. Progress goes to `log` (nullptr: none). kInvalidArgument names a system that is none of the known
// ones; LibTorch's exceptions come back as kExecutionFailed.
Result<std::vector<ExitBaselinePoint>> run_baselines(const BaselineOptions& options, std::FILE* log);

}  // namespace sluice::train::exits::baselines
