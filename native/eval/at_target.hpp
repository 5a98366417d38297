// What a bundle does at an accuracy target: the thresholds that its questions take, shared out as the client shares them
// (core/pipeline/error_budget.hpp), and what a measurement says of them. Pure functions.
#pragma once

#include <vector>

#include "core/pipeline/manifest.hpp"
#include "core/pipeline/operating_point.hpp"
#include "native/eval/summary.hpp"

namespace sluice::eval {

struct AtTarget {
  double target = 0;
  pipeline::ChosenPoint skip;   // a threshold of 0 answers nothing
  pipeline::ChosenPoint reuse;  // the same
};

// A manifest's target as a person wrote it: 0.9, which it is not quite as a double.
double as_written(float target);

AtTarget thresholds_at(const pipeline::Manifest& manifest, double target);

// Of each clip, SKIP and REUSE together. The errors of score_replayed().
Result<std::vector<Score>> scores_at(const Measurement& measurement, const pipeline::Manifest& manifest,
                                     const AtTarget& setting);

// Every target that one of the questions was calibrated for, growing.
std::vector<double> calibrated_targets(const pipeline::Manifest& manifest);

}  // namespace sluice::eval
