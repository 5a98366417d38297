#include "native/eval/exits/cost_curve.hpp"

#include <algorithm>

namespace sluice::eval {

std::optional<double> cost_at(std::span<const ExitSystemPoint> points, double accuracy) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].accuracy < accuracy) continue;
    if (i == 0) return points[0].multiply_adds;
    const ExitSystemPoint& below = points[i - 1];
    const double share = (accuracy - below.accuracy) / (points[i].accuracy - below.accuracy);
    return below.multiply_adds + share * (points[i].multiply_adds - below.multiply_adds);
  }
  return std::nullopt;
}

std::optional<double> cost_over(std::span<const ExitSystemPoint> own, std::span<const ExitCurve> curves,
                                const std::string& system, double backbone_accuracy) {
  const double accuracy = backbone_accuracy - kComparedLoss;
  std::optional<double> least;
  for (const ExitCurve& curve : curves) {
    if (curve.system != system) continue;
    const auto cost = cost_at(curve.points, accuracy);
    if (cost) least = std::min(least.value_or(*cost), *cost);
  }
  const auto ours = cost_at(own, accuracy);
  if (!ours || !least || *least <= 0) return std::nullopt;
  return *ours / *least;
}

}  // namespace sluice::eval
