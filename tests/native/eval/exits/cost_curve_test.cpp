// What a system costs at an accuracy, from lines whose values are told by hand.
#include "native/eval/exits/cost_curve.hpp"

#include <doctest/doctest.h>

using namespace sluice::eval;

namespace {

ExitSystemPoint at(double cost, double accuracy) {
  return {"x", "vgg", "v", accuracy, cost, std::nullopt, std::nullopt};
}

}  // namespace

TEST_CASE("between points the line is straight, and the first time it gets there counts") {
  const std::vector<ExitSystemPoint> points = {at(10, 0.80), at(20, 0.90), at(30, 0.85), at(40, 0.95)};
  CHECK(cost_at(points, 0.85) == doctest::Approx(15));
  CHECK(cost_at(points, 0.90) == doctest::Approx(20));
  CHECK(cost_at(points, 0.92) == doctest::Approx(37));
  CHECK(cost_at(points, 0.95) == doctest::Approx(40));
}

TEST_CASE("nothing is extrapolated") {
  const std::vector<ExitSystemPoint> points = {at(10, 0.80), at(20, 0.90)};
  CHECK(cost_at(points, 0.5) == 10);
  CHECK_FALSE(cost_at(points, 0.901));
  CHECK_FALSE(cost_at({}, 0.5));
}

TEST_CASE("a system is held against the cheapest line of another, at half a point below the backbone") {
  const std::vector<ExitSystemPoint> own = {at(10, 0.90), at(30, 0.92)};
  const std::vector<ExitCurve> curves = {{"branchynet, joint", "branchynet", {at(50, 0.93)}},
                                         {"branchynet, frozen", "branchynet", {at(40, 0.92)}},
                                         {"sdn", "sdn", {at(1, 0.99)}}};
  CHECK(cost_over(own, curves, "branchynet", 0.915) == doctest::Approx(20.0 / 40));
  CHECK(cost_over(own, curves, "branchynet", 0.925) == doctest::Approx(30.0 / 40));
  // We do not get that far; there is no such system; there is nothing of our own.
  CHECK(cost_over(own, curves, "branchynet", 0.93) == std::nullopt);
  CHECK(cost_over(own, curves, "msdnet", 0.915) == std::nullopt);
  CHECK(cost_over({}, curves, "branchynet", 0.915) == std::nullopt);
}
