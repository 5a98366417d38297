// Support vectors on a smooth law, and one sample that is far off.
#include "native/simulate/placement/support_vector_regression.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "native/simulate/draw.hpp"

using namespace sluice::simulate;

namespace {

double law(const Predictors& row) { return 10 + 3 * std::sin(row[0]) + row[1]; }

std::vector<Predictors> draw_normal_rows(std::size_t count, Draw& draw) {
  std::vector<Predictors> rows(count);
  for (Predictors& row : rows) {
    for (double& one : row) one = draw.normal(0, 1);
  }
  return rows;
}

double error_of(const SupportVectorRegression& fitted, Draw& draw) {
  double error = 0;
  for (const Predictors& row : draw_normal_rows(200, draw)) error += std::abs(fitted(row) - law(row)) / 200;
  return error;
}

}  // namespace

TEST_CASE("a smooth law is found, and a sample far off does not turn it") {
  Draw draw(5);
  const auto rows = draw_normal_rows(400, draw);
  std::vector<double> values;
  for (const Predictors& row : rows) values.push_back(law(row));
  CHECK(error_of(SupportVectorRegression(rows, values), draw) < 0.3);
  values[17] += 30;
  CHECK(error_of(SupportVectorRegression(rows, values), draw) < 0.6);
}

TEST_CASE("one value is what is said everywhere") {
  const std::vector<Predictors> rows(5);
  CHECK(SupportVectorRegression(rows, {4, 4, 4, 4, 4})({1, 2, 3, 4}) == doctest::Approx(4));
}
