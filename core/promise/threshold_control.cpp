#include "core/promise/threshold_control.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::promise {
namespace {

Result<void> check(const char* name, double value, double least, double most) {
  if (value >= least && value <= most) return {};
  return fail(ErrorCode::kInvalidArgument, {name, " is ", value, "; it must be from ", least, " to ", most});
}

}  // namespace

Result<ThresholdControl> ThresholdControl::create(const ControlOptions& options) {
  constexpr double kMost = 1e9;
  if (!(options.target >= 0 && options.target < 1)) {
    return fail(ErrorCode::kInvalidArgument, {"target is ", options.target, "; it must be at least 0 and below 1"});
  }
  for (const auto& checked :
       {check("deviations", options.deviations, 0, 100), check("curve_deviations", options.curve_deviations, 0, 100),
        check("look_ahead_inputs", options.look_ahead_inputs, 1, kMost),
        check("first_inputs", options.first_inputs, 0, kMost)}) {
    if (!checked) return fail(checked.error());
  }
  return ThresholdControl(options);
}

double ThresholdControl::left(const ErrorEstimate& spent) const {
  const double allowed = (1 - options_.target) * (spent.inputs + options_.look_ahead_inputs);
  return (allowed - spent.errors - options_.deviations * spent.deviation) / options_.look_ahead_inputs;
}

double ThresholdControl::may_spend(const EstimatedErrors& spent) const {
  return std::min(left(spent.whole()), left(spent.recent()));
}

void ThresholdControl::choose(const ErrorCurve& curve, const EstimatedErrors& spent) {
  bin_ = 0;
  if (static_cast<double>(spent.inputs()) < options_.first_inputs) return;
  const double allowed = may_spend(spent);
  double errors = 0;
  double variance = 0;
  for (std::size_t bin = 0; bin < ErrorCurve::kBins; ++bin) {
    errors += curve.share(bin) * curve.rates()[bin];
    variance += curve.share(bin) * curve.share(bin) * curve.variance(bin);
    if (errors + options_.curve_deviations * std::sqrt(variance) > allowed) return;
    bin_ = bin + 1;
  }
}

}  // namespace sluice::promise
