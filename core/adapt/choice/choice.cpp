#include "core/adapt/choice/choice.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/adapt/selection/normal_distribution.hpp"

namespace sluice::adapt {
namespace {

bool is_amount_of(double value) { return std::isfinite(value) && value >= 0; }

bool is_usable_answer(const AnswerOption& option) {
  return is_time(option.time) && is_amount_of(option.bytes) && is_amount_of(option.device_cost) &&
         is_amount_of(option.server_ms) && option.error >= 0 && option.error <= 1;
}

ConsideredAnswer consider_answer(const AnswerOption& option, const ChoiceLimits& limits) {
  ConsideredAnswer one;
  one.kind = option.kind;
  one.setting = option.setting;
  one.time = option.time;
  one.bytes = option.bytes;
  one.error = option.error;
  one.full_model = option.full_model;
  one.cost = limits.weights.per_device_cost * option.device_cost + limits.weights.per_kilobyte * option.bytes / 1e3 +
             limits.weights.per_server_ms * option.server_ms;
  one.usable = is_usable_answer(option) && std::isfinite(one.cost);
  if (one.usable && limits.deadline_ms) {
    const bool within = one.time.p95_ms <= *limits.deadline_ms;
    one.late = 1 - probability_within(*limits.deadline_ms, one.time.mean_ms, deviation_of(one.time));
    one.late = within ? std::min(one.late, 1 - kHighQuantile) : one.late;
  }
  one.in_time = one.usable && one.late <= limits.late_at_most;
  one.allowed = one.usable && one.error <= limits.error_at_most;
  return one;
}

// Of two that keep deadline and promise. As cheap: the sooner one.
bool is_cheaper(const ConsideredAnswer& one, const ConsideredAnswer& best, const ChoiceLimits& limits) {
  const double more = (one.cost - best.cost) + limits.price_per_error * (one.error - best.error) +
                      limits.price_per_late * (one.late - best.late);
  return more < 0 || (more == 0 && one.time.mean_ms < best.time.mean_ms);
}

// Of two when none keeps both: what the promise allows, as soon as can be; else the full model's answer.
bool is_safer(const ConsideredAnswer& one, const ConsideredAnswer& best) {
  if (one.allowed != best.allowed) return one.allowed;
  if (!one.allowed && one.full_model != best.full_model) return one.full_model;
  if (one.allowed || one.full_model) return one.time.mean_ms < best.time.mean_ms;
  if (one.in_time != best.in_time) return one.in_time;
  return one.error < best.error;
}

Result<void> check_choice(std::span<const AnswerOption> options, const ChoiceLimits& limits) {
  if (options.empty() || options.size() > kMaxAnswers) {
    return fail(ErrorCode::kInvalidArgument,
                {options.size(), " answers to choose from; 1 to ", kMaxAnswers, " are possible"});
  }
  const CostWeights& weights = limits.weights;
  if (!is_amount_of(weights.per_device_cost) || !is_amount_of(weights.per_kilobyte) ||
      !is_amount_of(weights.per_server_ms) || !is_amount_of(limits.price_per_error) ||
      !is_amount_of(limits.price_per_late)) {
    return fail(ErrorCode::kInvalidArgument,
                {"weights of ", weights.per_device_cost, ", ", weights.per_kilobyte, " and ", weights.per_server_ms,
                 " and prices of ", limits.price_per_error, " for an error and ", limits.price_per_late,
                 " for being late: all are finite and not negative"});
  }
  if (std::isnan(limits.error_at_most) || std::isnan(limits.late_at_most) ||
      (limits.deadline_ms && std::isnan(*limits.deadline_ms))) {
    return fail(ErrorCode::kInvalidArgument, "a choice's deadline and its bounds of errors and lateness are numbers");
  }
  return {};
}

}  // namespace

Result<Choice> choose(std::span<const AnswerOption> options, const ChoiceLimits& limits) {
  if (auto checked = check_choice(options, limits); !checked) return fail(checked.error());
  Choice choice;
  choice.price_per_error = limits.price_per_error;
  choice.price_per_late = limits.price_per_late;
  constexpr std::size_t kNone = kMaxAnswers;
  std::size_t best = kNone;
  std::size_t safest = kNone;
  double dearest = 0;
  double full = std::numeric_limits<double>::infinity();
  for (const AnswerOption& option : options) {
    const std::size_t at = choice.count++;
    const ConsideredAnswer& one = choice.considered[at] = consider_answer(option, limits);
    if (!one.usable) continue;
    dearest = std::max(dearest, one.cost);
    if (one.full_model) full = std::min(full, one.cost);
    if (safest == kNone || is_safer(one, choice.considered[safest])) safest = at;
    if (!one.in_time || !one.allowed) continue;
    if (best == kNone || is_cheaper(one, choice.considered[best], limits)) best = at;
  }
  if (safest == kNone) {
    return fail(ErrorCode::kInvalidArgument, {"none of ", options.size(), " answers has usable numbers"});
  }
  choice.full_model_cost = std::isfinite(full) ? full : dearest;
  choice.taken = best == kNone ? safest : best;
  choice.guarded = !choice.answer().allowed;
  return choice;
}

}  // namespace sluice::adapt
