#include "core/adapt/estimate/time_estimate.hpp"

#include <cmath>

namespace sluice::adapt {

bool is_time(const TimeEstimate& time) {
  return std::isfinite(time.p95_ms) && time.mean_ms >= 0 && time.p95_ms >= time.mean_ms;
}

double deviation_of(const TimeEstimate& time) { return (time.p95_ms - time.mean_ms) / kHighQuantileDeviations; }

TimeEstimate time_of(double mean_ms, double deviation_ms) {
  return {mean_ms, mean_ms + kHighQuantileDeviations * deviation_ms};
}

TimeEstimate in_sequence(std::initializer_list<TimeEstimate> stages) {
  double mean = 0;
  double squares = 0;
  for (const TimeEstimate& stage : stages) {
    mean += stage.mean_ms;
    const double above = stage.p95_ms - stage.mean_ms;
    squares += above * above;
  }
  return {mean, mean + std::sqrt(squares)};
}

}  // namespace sluice::adapt
