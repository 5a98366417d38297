#include "core/adapt/placement/shrunk_size.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

using sluice::ErrorCode;
using sluice::adapt::ShrinkingFacts;
using sluice::adapt::ShrunkSize;

TEST_CASE("a file of the same quality that is not shrunk is expected to stay as large") {
  const ShrunkSize size;
  CHECK(size.predict({80'000, 250'000, 250'000, 0.2}) == doctest::Approx(80'000));
  CHECK(size.predict({80'000, 250'000, 250'000, 0.6}) > 120'000);  // from quality 70 to 90
  CHECK(size.predict({80'000, 250'000, 250'000, 0.06}) < 45'000);  // from 97
}

TEST_CASE("another law of sizes is found") {
  std::mt19937 random(1);
  ShrunkSize size;
  const auto draw = [&random](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  const auto law = [](const ShrinkingFacts& facts) {
    return facts.shrunk_pixels * 1.3 * std::pow(facts.bytes / facts.pixels, 0.8) *
           std::pow(*facts.quantiser / 0.2, 0.4);
  };
  const auto facts = [&draw] {
    const double pixels = std::exp(draw(11, 17));
    return ShrinkingFacts{pixels * draw(0.1, 0.6), pixels, pixels / std::pow(4, std::floor(draw(0, 4))), draw(0.05, 1)};
  };
  for (int i = 0; i < 400; ++i) {
    const ShrinkingFacts one = facts();
    REQUIRE(size.observe(one, law(one)).has_value());
  }
  for (int i = 0; i < 50; ++i) {
    const ShrinkingFacts one = facts();
    CHECK(size.predict(one) == doctest::Approx(law(one)).epsilon(0.03));
  }
}

TEST_CASE("facts that are none are refused, and predict nothing") {
  ShrunkSize size(std::numeric_limits<double>::quiet_NaN());
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(size.observe({0, 1, 1, 0.2}, 1).error().code == ErrorCode::kInvalidArgument);
  CHECK(size.observe({1, inf, 1, 0.2}, 1).error().code == ErrorCode::kInvalidArgument);
  CHECK(size.observe({1, 1, 1, 0.2}, -1).error().code == ErrorCode::kInvalidArgument);
  CHECK(size.predict({-1, 1, 1, 0.2}) == 0);
  CHECK(size.predict({1, 1, 1, -3}) > 0);
  CHECK(std::isfinite(size.predict({1e300, 1e-300, 1e3, 0.2})));
}
