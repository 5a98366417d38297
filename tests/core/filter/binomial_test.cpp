#include "core/filter/binomial.hpp"

#include <doctest/doctest.h>

#include <cmath>

using sluice::filter::binomial_cdf;
using sluice::filter::clopper_pearson;

TEST_CASE("the binomial distribution function agrees with sums done by hand") {
  CHECK(binomial_cdf(0, 10, 0.1) == doctest::Approx(std::pow(0.9, 10)));
  CHECK(binomial_cdf(1, 3, 0.5) == doctest::Approx(0.5));
  CHECK(binomial_cdf(2, 4, 0.25) == doctest::Approx(0.94921875));
  CHECK(binomial_cdf(4, 4, 0.99) == 1.0);
}

TEST_CASE("the binomial distribution function stays accurate for many trials and far tails") {
  CHECK(binomial_cdf(500'000, 1'000'000, 0.5) == doctest::Approx(0.5).epsilon(0.001));
  CHECK(binomial_cdf(0, 100'000, 0.001) == doctest::Approx(std::pow(0.999, 100'000)));
  CHECK(binomial_cdf(10, 100'000, 0.5) == doctest::Approx(0.0));
  CHECK(binomial_cdf(99'000, 100'000, 0.5) == doctest::Approx(1.0));
}

TEST_CASE("the binomial distribution function is defined at the ends of p") {
  CHECK(binomial_cdf(3, 10, 0) == 1.0);
  CHECK(binomial_cdf(3, 10, 1) == 0.0);
}

TEST_CASE("Clopper-Pearson intervals match published values") {
  // No event in n trials: 1 - (alpha/2)^(1/n). 10 of 100: [0.0490, 0.1762]; 5 of 10: [0.1871, 0.8129].
  CHECK(clopper_pearson(0, 20, 0.95).low == 0.0);
  CHECK(clopper_pearson(0, 20, 0.95).high == doctest::Approx(1 - std::pow(0.025, 1.0 / 20)));
  CHECK(clopper_pearson(20, 20, 0.95).high == 1.0);
  CHECK(clopper_pearson(10, 100, 0.95).low == doctest::Approx(0.0490).epsilon(0.001));
  CHECK(clopper_pearson(10, 100, 0.95).high == doctest::Approx(0.1762).epsilon(0.001));
  CHECK(clopper_pearson(5, 10, 0.95).low == doctest::Approx(0.1871).epsilon(0.001));
  CHECK(clopper_pearson(5, 10, 0.95).high == doctest::Approx(0.8129).epsilon(0.001));
}

TEST_CASE("without trials nothing is known") {
  CHECK(clopper_pearson(0, 0, 0.95).low == 0.0);
  CHECK(clopper_pearson(0, 0, 0.95).high == 1.0);
}
