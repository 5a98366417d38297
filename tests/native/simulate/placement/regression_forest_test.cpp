// The forest on laws that it can and cannot know.
#include "native/simulate/placement/regression_forest.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "native/simulate/draw.hpp"

using namespace sluice::simulate;

namespace {

std::vector<Predictors> draw_rows(std::size_t count, Draw& draw) {
  std::vector<Predictors> rows(count);
  for (Predictors& row : rows) {
    for (double& one : row) one = draw.uniform();
  }
  return rows;
}

}  // namespace

TEST_CASE("a step and a product are found, where no line is") {
  Draw draw(3);
  const auto rows = draw_rows(600, draw);
  std::vector<double> values;
  for (const Predictors& row : rows) values.push_back((row[1] < 0.5 ? 1 : 5) + 2 * row[0] * row[2]);
  const RegressionForest forest(rows, values);
  double error = 0;
  for (const Predictors& row : draw_rows(200, draw))
    error += std::abs(forest(row) - ((row[1] < 0.5 ? 1 : 5) + 2 * row[0] * row[2])) / 200;
  CHECK(error < 0.3);
}

TEST_CASE("it never says more than it has seen, and the same seed says the same") {
  Draw draw(4);
  const auto rows = draw_rows(100, draw);
  std::vector<double> values;
  for (const Predictors& row : rows) values.push_back(row[0]);
  const RegressionForest forest(rows, values);
  CHECK(forest({100, 0, 0, 0}) <= 1);
  CHECK(forest({0.3, 0.1, 0.7, 0.2}) == RegressionForest(rows, values)({0.3, 0.1, 0.7, 0.2}));
  CHECK(RegressionForest({rows.front()}, {7})(rows.back()) == 7);
}
