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

Result<ThresholdControl> ThresholdControl::create(const ControlOptions& options, std::span<const float> begins) {
  constexpr double kMost = 1e9;
  if (!(options.target >= 0 && options.target < 1)) {
    return fail(ErrorCode::kInvalidArgument, {"target is ", options.target, "; it must be at least 0 and below 1"});
  }
  for (const auto& checked :
       {check("deviations", options.deviations, 0, 100), check("curve_deviations", options.curve_deviations, 0, 100),
        check("look_ahead_inputs", options.look_ahead_inputs, 1, kMost),
        check("first_inputs", options.first_inputs, 0, kMost), check("most_rate", options.most_rate, 0, 1)}) {
    if (!checked) return fail(checked.error());
  }
  return ThresholdControl(options, begins);
}

ThresholdControl::ThresholdControl(const ControlOptions& options, std::span<const float> begins) : options_(options) {
  for (std::size_t i = 0; i < std::min(begins.size(), begins_.size()); ++i) begins_[i] = begins[i] > 0 ? begins[i] : 0;
}

double ThresholdControl::left(const ErrorEstimate& spent) const {
  const double allowed = (1 - options_.target) * (spent.inputs + options_.look_ahead_inputs);
  return (allowed - spent.errors - options_.deviations * spent.deviation) / options_.look_ahead_inputs;
}

double ThresholdControl::may_spend(const EstimatedErrors& spent) const {
  return std::min(left(spent.whole()), left(spent.recent()));
}

void ThresholdControl::choose(std::span<const ErrorCurve> curves, const EstimatedErrors& spent) {
  bins_.fill(0);
  if (static_cast<double>(spent.inputs()) < options_.first_inputs) return;
  begun_ = true;
  const double allowed = may_spend(spent);
  double errors = 0;
  double variance = 0;
  while (true) {
    // The bin whose answers are wrong the least often of those next in turn.
    std::size_t next = curves.size();
    for (std::size_t i = 0; i < curves.size(); ++i) {
      if (bins_[i] == ErrorCurve::kBins) continue;
      if (next == curves.size() || curves[i].rates()[bins_[i]] < curves[next].rates()[bins_[next]]) next = i;
    }
    if (next == curves.size() || curves[next].rates()[bins_[next]] > options_.most_rate) return;
    const ErrorCurve& curve = curves[next];
    const std::size_t bin = bins_[next];
    errors += curve.share(bin) * curve.rates()[bin];
    // Below the threshold that was calibrated to this, and with a margin, none is taken again.
    if (ErrorCurve::lower_edge(bin + 1) > begins_[next])
      variance += curve.share(bin) * curve.share(bin) * curve.variance(bin);
    if (errors + options_.curve_deviations * std::sqrt(variance) > allowed) return;
    ++bins_[next];
  }
}

}  // namespace sluice::promise
