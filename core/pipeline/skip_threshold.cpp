#include "core/pipeline/skip_threshold.hpp"

#include <algorithm>

namespace sluice::pipeline {

SkipThreshold choose_threshold(const std::vector<OperatingPoint>& points, float target) {
  const auto found =
      std::find_if(points.begin(), points.end(), [&](const OperatingPoint& point) { return point.target >= target; });
  if (found == points.end()) return {};
  return {found->target, found->threshold};
}

}  // namespace sluice::pipeline
