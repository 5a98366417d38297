// How sure an early exit is of its answer, and whether that is enough. Pure functions; no allocation but for errors.
// Sources: S. Teerapittayanon and others, "BranchyNet", ICPR 2016 (entropy); B. Fang and others, "FlexDNN", SEC 2020, section III
// (normalised entropy); the largest probability is MSDNet's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::exits {

enum class ExitRule : std::uint8_t {
  kMaxProbability,     // the largest of the softmax, in (0, 1]: sure above the threshold
  kNormalisedEntropy,  // 1 - entropy / log classes, in [0, 1]: sure above the threshold
  kEntropy,            // in nats, in [0, log classes]: sure below the threshold
};

std::string_view rule_name(ExitRule rule);  // "max_probability", "normalised_entropy", "entropy"
std::optional<ExitRule> find_rule(std::string_view name);

// Of an exit's logits. kExecutionFailed where one of them is no number; kInvalidArgument for fewer than two.
Result<float> confidence(ExitRule rule, std::span<const float> logits);

bool is_sure(ExitRule rule, float confidence, float threshold);

// No confidence passes it, so that the exit's branch need not run: 1, or 0 for the entropy.
float closed_threshold(ExitRule rule);
bool is_closed(ExitRule rule, float threshold);

}  // namespace sluice::exits
