#include "core/exit/exit_rule.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sluice::exits {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"max_probability", "normalised_entropy", "entropy"};

}  // namespace

std::string_view rule_name(ExitRule rule) { return kNames[static_cast<std::size_t>(rule)]; }

std::optional<ExitRule> find_rule(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<ExitRule>(found - kNames.begin());
}

Result<float> confidence(ExitRule rule, std::span<const float> logits) {
  if (logits.size() < 2) {
    return fail(ErrorCode::kInvalidArgument, {"an exit with ", logits.size(), " classes; it takes two or more"});
  }
  float largest = logits[0];
  for (const float logit : logits) {
    if (!std::isfinite(logit)) return fail(ErrorCode::kExecutionFailed, "a logit of an exit is no number");
    largest = std::max(largest, logit);
  }
  // Against the largest, so that nothing overflows: sum is 1 or more.
  double sum = 0;
  double weighted = 0;
  for (const float logit : logits) {
    const double below = static_cast<double>(logit) - static_cast<double>(largest);
    const double weight = std::exp(below);
    sum += weight;
    weighted += weight * below;
  }
  if (rule == ExitRule::kMaxProbability) return static_cast<float>(1 / sum);
  const double entropy = std::max(std::log(sum) - weighted / sum, 0.0);
  if (rule == ExitRule::kEntropy) return static_cast<float>(entropy);
  return static_cast<float>(std::clamp(1 - entropy / std::log(static_cast<double>(logits.size())), 0.0, 1.0));
}

bool is_sure(ExitRule rule, float confidence, float threshold) {
  return rule == ExitRule::kEntropy ? confidence < threshold : confidence > threshold;
}

float closed_threshold(ExitRule rule) { return rule == ExitRule::kEntropy ? 0 : 1; }

bool is_closed(ExitRule rule, float threshold) { return rule == ExitRule::kEntropy ? threshold <= 0 : threshold >= 1; }

}  // namespace sluice::exits
