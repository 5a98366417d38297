// Published ways of split inference and their kin, trained and measured against one full model on one set of pictures: each system
// of options.systems in turn. What is trained is kept in the work folder. Results are those of test pictures; all choices are made on
// kept-back training pictures.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/train/splitnet/baselines/baseline_point.hpp"
#include "native/train/splitnet/baselines/options.hpp"

namespace sluice::train::splitnet::baselines {

// In the order in which they run.
std::vector<std::string> known_systems();

// Progress goes to `log` (nullptr: none). kInvalidArgument names a system that is none of the known ones; LibTorch's exceptions come
// back as kExecutionFailed.
Result<std::vector<BaselinePoint>> run_baselines(const BaselineOptions& options, std::FILE* log);

}  // namespace sluice::train::splitnet::baselines
