#include "core/promise/error_alarm.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::promise {

Result<ErrorAlarm> ErrorAlarm::create(const AlarmOptions& options) {
  if (!(options.target >= 0 && options.target < 1)) {
    return fail(ErrorCode::kInvalidArgument, {"target is ", options.target, "; it must be at least 0 and below 1"});
  }
  if (!(options.inputs_between_false >= 10) || !std::isfinite(options.inputs_between_false)) {
    return fail(ErrorCode::kInvalidArgument,
                {"inputs_between_false is ", options.inputs_between_false, "; it must be at least 10"});
  }
  return ErrorAlarm(options);
}

Result<bool> ErrorAlarm::count(const AuditedInput& input) {
  if (!is_valid(input)) {
    return fail(ErrorCode::kInvalidArgument, {"an input that was audited with probability ", input.audit_probability,
                                              " cannot be counted; it must be above 0, at most 1, and wrong only where "
                                              "it was audited"});
  }
  // The full model's answers are inputs that were right for sure: they are bet on at the stake of the others.
  if (!input.by_full_model) last_probability_ = input.audit_probability;
  const double found = input.wrong ? 1 / input.audit_probability : 0;
  const double allowed = std::max(1 - options_.target, input.by_full_model ? 0 : input.expected);
  double mean = 0;
  for (std::size_t i = 0; i < kStakes.size(); ++i) {
    const double stake = kStakes[i] * last_probability_;
    sums_[i] = (sums_[i] + 1) * (1 + stake * (found - allowed));
    mean += sums_[i] / static_cast<double>(kStakes.size());
  }
  if (mean < options_.inputs_between_false) return false;
  ++alarms_;
  reset();
  return true;
}

void ErrorAlarm::reset() { sums_.fill(0); }

double ErrorAlarm::nearness() const {
  double mean = 0;
  for (const double sum : sums_) mean += sum / static_cast<double>(kStakes.size());
  return std::clamp(std::log(std::max(mean, 1.0)) / std::log(options_.inputs_between_false), 0.0, 1.0);
}

}  // namespace sluice::promise
