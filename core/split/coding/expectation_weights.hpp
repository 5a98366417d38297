// The weights that make a channel's expectation come as close to its values as a weighted sum can: least squares, then scaled to
// int8. What the sum is an estimate of, and on which scale, does not matter: limits are learned on it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/split/coding/symbol_model_builder.hpp"

namespace sluice::split {

// [coded channels][4 + earlier_channels]. No sum of theirs with the samples' values leaves int16.
std::vector<std::int8_t> fit_expectation_weights(const FeatureSamples& samples, int refinement,
                                                 std::uint32_t earlier_channels);

}  // namespace sluice::split
