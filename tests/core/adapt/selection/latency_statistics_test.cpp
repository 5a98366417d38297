#include "core/adapt/selection/latency_statistics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace sluice::adapt;

TEST_CASE("as published: half the weight on the newest run, after the first") {
  LatencyStatistics statistics(released_latency_options());
  CHECK_FALSE(statistics.observe(500));  // the first run
  CHECK_FALSE(statistics.known());
  CHECK(statistics.observe(20));
  CHECK(statistics.mean_ms() == 20);
  CHECK(statistics.deviation_ms() == 0);
  CHECK(statistics.observe(24));
  CHECK(statistics.mean_ms() == 22);
  CHECK(statistics.deviation_ms() == doctest::Approx(std::sqrt(0.5 * (0 + 0.5 * 16))));
  CHECK(statistics.left_out() == 1);
}

TEST_CASE("mean and deviation of steady runs are found") {
  std::mt19937 random(1);
  std::normal_distribution<double> run(50, 4);
  LatencyStatistics statistics({.alpha = 0.02});
  for (int i = 0; i < 2000; ++i) statistics.observe(run(random));
  CHECK(statistics.mean_ms() == doctest::Approx(50).epsilon(0.03));
  CHECK(statistics.deviation_ms() == doctest::Approx(4).epsilon(0.25));
}

TEST_CASE("a cold run is left out, a new level counts") {
  LatencyStatistics statistics(50, 2);
  CHECK_FALSE(statistics.observe(900));
  CHECK(statistics.mean_ms() == 50);
  CHECK(statistics.observe(51));
  CHECK_FALSE(statistics.observe(900));
  CHECK_FALSE(statistics.observe(890));
  CHECK(statistics.observe(910));  // the third in a row
  CHECK(statistics.mean_ms() == 910);
  CHECK(statistics.left_out() == 3);
}

TEST_CASE("as published a machine that turned slower for good is never believed") {
  LatencyStatistics statistics(50, 2, released_latency_options());
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(statistics.observe(100));
  CHECK(statistics.mean_ms() == 50);
}

TEST_CASE("a deviation is never taken to be less than machines have") {
  LatencyStatistics statistics;
  for (int i = 0; i < 100; ++i) statistics.observe(100);
  CHECK(statistics.deviation_ms() == doctest::Approx(2));
}

TEST_CASE("times that are none do not count") {
  LatencyStatistics statistics(50, 2);
  CHECK_FALSE(statistics.observe(-1));
  CHECK_FALSE(statistics.observe(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(statistics.observe(std::numeric_limits<double>::infinity()));
  CHECK(statistics.counted() == 0);
  CHECK(statistics.mean_ms() == 50);
}
