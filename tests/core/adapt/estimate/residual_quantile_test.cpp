// The sliding quantile against sorting the window anew each time.
#include "core/adapt/estimate/residual_quantile.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <random>
#include <vector>

using sluice::adapt::ResidualQuantile;

TEST_CASE("quantiles are those of the last values, sorted") {
  std::mt19937 random(1);
  std::deque<double> window;
  ResidualQuantile quantile;
  CHECK(quantile.at(0.95, 7) == 7);
  for (int i = 0; i < 1000; ++i) {
    // Coarse, so that many are equal.
    const double value = std::uniform_int_distribution<int>(0, 20)(random) + i / 100;
    REQUIRE(quantile.add(value));
    window.push_back(value);
    if (window.size() > ResidualQuantile::kWindow) window.pop_front();
    std::vector<double> sorted(window.begin(), window.end());
    std::sort(sorted.begin(), sorted.end());
    for (const double share : {0.01, 0.5, 0.95, 1.0}) {
      const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
      REQUIRE(quantile.at(share, 0) == sorted[std::max<std::size_t>(rank, 1) - 1]);
    }
  }
  CHECK(quantile.at(-1, 0) == quantile.at(0, 0));
  CHECK(quantile.at(2, 0) == quantile.at(1, 0));
}

TEST_CASE("what is no number is not taken") {
  ResidualQuantile quantile;
  CHECK_FALSE(quantile.add(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(quantile.add(std::numeric_limits<double>::infinity()));
  CHECK(quantile.size() == 0);
}
