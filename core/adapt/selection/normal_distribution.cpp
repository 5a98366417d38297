#include "core/adapt/selection/normal_distribution.hpp"

#include <cmath>
#include <numbers>

namespace sluice::adapt {

double probability_within(double bound, double mean, double deviation) {
  if (!(deviation > 0)) return mean <= bound ? 1 : 0;
  return 0.5 * std::erfc((mean - bound) / (deviation * std::numbers::sqrt2));
}

}  // namespace sluice::adapt
