#include "core/adapt/estimate/time_estimate.hpp"

#include <cmath>

namespace sluice::adapt {

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
