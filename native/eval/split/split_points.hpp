// What a bundle in two halves promises for each accuracy target: how many channels have to be sent. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/pipeline/manifest.hpp"
#include "native/eval/split/split_measurement.hpp"

namespace sluice::eval {

inline constexpr double kSplitConfidence = 0.95;  // that a point keeps its target

// From pictures that nothing was learned from. A cut keeps the lower end of its agreement's Clopper-Pearson interval, one-sided; cuts
// that keep no more than a shorter one are left out. Growing in both.
std::vector<pipeline::SplitPoint> split_points(const SplitMeasurement& measured);

// The same from counts: on how many of the pictures each cut agreed.
std::vector<pipeline::SplitPoint> split_points(std::span<const std::uint32_t> cuts,
                                               std::span<const std::uint64_t> agreed, std::uint64_t pictures);

}  // namespace sluice::eval
