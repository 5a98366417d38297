#include "core/pipeline/decision_guess.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/text.hpp"
#include "core/pipeline/expected_errors.hpp"
#include "core/pipeline/split_route.hpp"

namespace sluice::pipeline {
namespace {

constexpr double kWhole = 10'000;
constexpr double kMostSureness = 9'999;

}  // namespace

std::uint32_t guess_sureness(std::span<const float> logits) {
  return static_cast<std::uint32_t>(std::min(std::round(largest_probability(logits) * kWhole), kMostSureness));
}

std::string guess_line(Instant now, std::span<const output::OutputTensor> outputs) {
  return join_text(
      {now.time_since_epoch().count(), " guess ", guess_sureness(outputs[kGuessOutput].tensor.as<float>())});
}

// One logit above all the others, which are alike.
bool set_guess(std::span<float> logits, std::uint64_t sureness) {
  if (logits.empty() || static_cast<double>(sureness) > kMostSureness) return false;
  if (sureness == 0) {
    logits[0] = std::nanf("");
    return true;
  }
  const double probability = static_cast<double>(sureness) / kWhole;
  const double others = static_cast<double>(logits.size() - 1);
  logits[0] = others > 0 ? static_cast<float>(std::max(std::log(probability * others / (1 - probability)), 0.0)) : 0;
  return guess_sureness(logits) == sureness;
}

}  // namespace sluice::pipeline
