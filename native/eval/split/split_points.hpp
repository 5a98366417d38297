// What a bundle in two halves promises for each accuracy target: how many channels have to be sent. Pure function.
#pragma once

#include <vector>

#include "core/pipeline/manifest.hpp"
#include "native/eval/split/split_measurement.hpp"

namespace sluice::eval {

inline constexpr double kSplitConfidence = 0.95;  // that a point keeps its target

// From pictures that nothing was learned from. A cut keeps the lower end of its agreement's Clopper-Pearson interval, one-sided; cuts
// that keep no more than a shorter one are left out. Growing in both.
std::vector<pipeline::SplitPoint> split_points(const SplitMeasurement& measured);

}  // namespace sluice::eval
