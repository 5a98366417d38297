// What a system costs at an accuracy, read from its measured points. Pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "native/eval/exits/exit_points.hpp"

namespace sluice::eval {

// The least mean cost at which the line through the points, growing in cost, is right on this share. Nothing is extrapolated: a system
// whose cheapest point is right more often costs what that one does, and one that never is has no cost.
std::optional<double> cost_at(std::span<const ExitSystemPoint> points, double accuracy);

// The published comparison is at the backbone's accuracy less half a point.
inline constexpr double kComparedLoss = 0.005;

// What `own` costs there, over what the cheapest of the curves of that system costs. Nothing where one of the two never gets there, or
// there is no such curve.
std::optional<double> cost_over(std::span<const ExitSystemPoint> own, std::span<const ExitCurve> curves,
                                const std::string& system, double backbone_accuracy);

}  // namespace sluice::eval
