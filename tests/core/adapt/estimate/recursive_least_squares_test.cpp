// The online fit against the known line that its observations come from, and what it does where they tell nothing or are no numbers.
#include "core/adapt/estimate/recursive_least_squares.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/counting_new.hpp"

using sluice::ErrorCode;
using sluice::adapt::LeastSquaresOptions;
using sluice::adapt::RecursiveLeastSquares;

namespace {

LeastSquaresOptions line(double forgetting) {
  LeastSquaresOptions options;
  options.predictors = 2;
  options.typical = {1, 1e6};
  options.initial_doubt = {1e4, 1e4};
  options.forgetting = forgetting;
  return options;
}

// 40 ms and 90 ms a megabyte, off by up to 5 ms.
double time_of(double bytes, std::mt19937& random) {
  return 40 + 90e-6 * bytes + std::uniform_real_distribution<double>(-5, 5)(random);
}

void learn(RecursiveLeastSquares& fit, int count, double factor, std::mt19937& random) {
  for (int i = 0; i < count; ++i) {
    const double bytes = std::uniform_real_distribution<double>(1e4, 6e6)(random);
    REQUIRE(fit.observe(std::array{1.0, bytes}, factor * time_of(bytes, random)).has_value());
  }
}

}  // namespace

TEST_CASE("the fit is the one of ordinary least squares while nothing is forgotten") {
  std::mt19937 random(1);
  auto fit = RecursiveLeastSquares::create(line(1));
  REQUIRE(fit.has_value());
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (int i = 0; i < 200; ++i) {
    const double bytes = std::uniform_real_distribution<double>(1e4, 6e6)(random);
    const double took = time_of(bytes, random);
    REQUIRE(fit->observe(std::array{1.0, bytes}, took).has_value());
    n += 1, sx += bytes, sy += took, sxx += bytes * bytes, sxy += bytes * took;
  }
  const double slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  CHECK(fit->coefficient(1) == doctest::Approx(slope).epsilon(1e-6));
  CHECK(fit->coefficient(0) == doctest::Approx((sy - slope * sx) / n).epsilon(1e-5));
}

TEST_CASE("a changed line is followed, and the old one forgotten") {
  std::mt19937 random(2);
  auto fit = RecursiveLeastSquares::create(line(0.95));
  REQUIRE(fit.has_value());
  learn(*fit, 300, 1, random);
  CHECK(fit->predict(std::array{1.0, 2e6}) == doctest::Approx(220).epsilon(0.03));
  learn(*fit, 150, 3, random);
  CHECK(fit->predict(std::array{1.0, 2e6}) == doctest::Approx(660).epsilon(0.06));
  CHECK(fit->coefficient(1) == doctest::Approx(270e-6).epsilon(0.05));
}

TEST_CASE("a million equal observations neither widen the covariance nor spoil what was known") {
  std::mt19937 random(3);
  auto fit = RecursiveLeastSquares::create(line(0.95));
  REQUIRE(fit.has_value());
  learn(*fit, 300, 1, random);
  const double slope = fit->coefficient(1);
  const double trace = fit->covariance_trace();
  for (int i = 0; i < 1'000'000; ++i) REQUIRE(fit->observe(std::array{1.0, 2e6}, 220).has_value());
  CHECK(fit->covariance_trace() < 10 * trace + 1);
  CHECK(fit->coefficient(1) == doctest::Approx(slope).epsilon(0.1));
  // One other observation, far off, moves the line a little; it does not throw it about.
  REQUIRE(fit->observe(std::array{1.0, 4e6}, 600).has_value());
  CHECK(fit->predict(std::array{1.0, 2e6}) == doctest::Approx(220).epsilon(0.2));
}

TEST_CASE("stated coefficients are believed as far as their doubt says") {
  LeastSquaresOptions options = line(1);
  options.initial = {40, 90e-6};
  options.initial_doubt = {1, 1};
  auto warm = RecursiveLeastSquares::create(options);
  REQUIRE(warm.has_value());
  CHECK(warm->predict(std::array{1.0, 1e6}) == doctest::Approx(130));
  REQUIRE(warm->observe(std::array{1.0, 1e6}, 1000, 1e-4).has_value());  // scatters by 100: it tells little
  CHECK(warm->predict(std::array{1.0, 1e6}) == doctest::Approx(130).epsilon(0.01));
}

TEST_CASE("what is no number, too much of one, or of another size is refused, and nothing is learnt") {
  auto fit = RecursiveLeastSquares::create(line(0.98));
  REQUIRE(fit.has_value());
  REQUIRE(fit->observe(std::array{1.0, 1e6}, 100).has_value());
  const double before = fit->predict(std::array{1.0, 1e6});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, inf, -inf}) {
    CHECK(fit->observe(std::array{1.0, bad}, 1).error().code == ErrorCode::kInvalidArgument);
    CHECK(fit->observe(std::array{1.0, 1.0}, bad).error().code == ErrorCode::kInvalidArgument);
    CHECK(fit->observe(std::array{1.0, 1.0}, 1, bad).error().code == ErrorCode::kInvalidArgument);
  }
  CHECK(fit->observe(std::array{1.0, 1e308}, 1e308).error().code == ErrorCode::kInvalidArgument);
  CHECK(fit->observe(std::array{1.0}, 1).error().code == ErrorCode::kInvalidArgument);
  CHECK(fit->observe(std::array{1.0, 1.0}, 1, 0).error().code == ErrorCode::kInvalidArgument);
  CHECK(std::isnan(fit->predict(std::array{1.0})));
  CHECK(fit->observations() == 1);
  CHECK(fit->predict(std::array{1.0, 1e6}) == before);
}

TEST_CASE("options outside their bounds are refused") {
  LeastSquaresOptions options = line(0.98);
  options.forgetting = 0.5;
  CHECK(RecursiveLeastSquares::create(options).error().code == ErrorCode::kInvalidArgument);
  options = line(0.98);
  options.predictors = 5;
  CHECK(RecursiveLeastSquares::create(options).error().code == ErrorCode::kInvalidArgument);
  options = line(0.98);
  options.typical[1] = 0;
  CHECK(RecursiveLeastSquares::create(options).error().code == ErrorCode::kInvalidArgument);
  options = line(0.98);
  options.initial_doubt[0] = std::numeric_limits<double>::quiet_NaN();
  CHECK(RecursiveLeastSquares::create(options).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("any numbers leave a bounded, finite model, and equal ones an equal model") {
  std::mt19937 random(5);
  auto fit = RecursiveLeastSquares::create(line(0.6));
  auto same = RecursiveLeastSquares::create(line(0.6));
  REQUIRE(fit.has_value());
  REQUIRE(same.has_value());
  std::uniform_real_distribution<double> exponent(-12, 12);
  for (int i = 0; i < 20'000; ++i) {
    const std::array x{std::pow(10, exponent(random)), std::pow(10, exponent(random))};
    const double target = std::pow(10, exponent(random) / 2);
    const double weight = std::pow(10, exponent(random) / 2);
    CHECK(fit->observe(x, target, weight).has_value() == same->observe(x, target, weight).has_value());
    REQUIRE(std::isfinite(fit->coefficient(0)));
    REQUIRE(std::isfinite(fit->coefficient(1)));
    REQUIRE(fit->covariance_trace() <= 4e8);
    REQUIRE(fit->coefficient(1) == same->coefficient(1));
  }
}

TEST_CASE("an observation allocates nothing") {
  auto fit = RecursiveLeastSquares::create(line(0.98));
  REQUIRE(fit.has_value());
  const auto before = sluice::test::allocation_count();
  for (int i = 0; i < 100; ++i) (void)fit->observe(std::array{1.0, 1e4 * i}, 40 + i);
  CHECK(sluice::test::allocation_count() == before);
}
