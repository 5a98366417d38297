// Thresholds chosen without a promise, by trying: every candidate is evaluated on calibration inputs, and those stay that no other beats
// in both accuracy and mean cost. BranchyNet's candidates are all combinations of a few values (its released code, which tries them
// on test data). Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "native/eval/exits/exit_profile.hpp"

namespace sluice::train::exits::baselines {

using Thresholds = std::vector<float>;  // one for each exit, as profiles have confidences

// values^exits combinations; the last exit's values change fastest.
std::vector<Thresholds> threshold_product(std::span<const float> values, std::size_t exits);

// The same value for all exits.
std::vector<Thresholds> common_thresholds(std::span<const float> values, std::size_t exits);

// The numbers of the candidates on the front, from the cheapest to the most accurate. Of candidates that do the same the first stays.
std::vector<std::size_t> pareto_front(const eval::ExitProfile& profile, const eval::ExitCosts& costs,
                                      std::span<const Thresholds> candidates);

}  // namespace sluice::train::exits::baselines
