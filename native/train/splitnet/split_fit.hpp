// `sluice fit --split`: from pictures to a network in two halves. Stages, each with a checkpoint in the work folder from which
// the next run goes on: the full model, trained (full_trainer.hpp) or a user's (onnx_classifier.hpp), the reference network
// (reference_trainer.hpp), both halves together (split_trainer.hpp). No test split is read.
#pragma once

#include <cstdio>

#include "core/base/result.hpp"
#include "native/train/splitnet/options.hpp"

namespace sluice::train::splitnet {

// What is wrong with the options, before anything is spent on them.
Result<void> check(const Options& options);

// Progress and figures go to `log` (nullptr: none). LibTorch's exceptions come back as kExecutionFailed.
Result<void> run_split_fit(const Options& options, std::FILE* log);

}  // namespace sluice::train::splitnet
