#include "core/pipeline/operating_point.hpp"

#include <algorithm>

namespace sluice::pipeline {
namespace {

// Targets and budgets are decimal numbers held as floats: 1 - 0.9 must count as 0.1.
constexpr float kRoundingSlack = 1e-6F;

}  // namespace

ChosenPoint choose_point(const std::vector<OperatingPoint>& points, float allowed) {
  const auto found = std::find_if(points.begin(), points.end(), [&](const OperatingPoint& point) {
    return 1 - point.target <= allowed + kRoundingSlack;
  });
  if (found == points.end()) return {};
  return {1 - found->target, found->threshold};
}

}  // namespace sluice::pipeline
