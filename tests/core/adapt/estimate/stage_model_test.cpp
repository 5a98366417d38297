// A stage's model on made-up times of a known law: the mean, the quantile, the profile that it begins with, and times that are none.
#include "core/adapt/estimate/stage_model.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "tests/counting_new.hpp"

using sluice::ErrorCode;
using sluice::adapt::StageModel;
using sluice::adapt::StageOptions;
using sluice::adapt::Workload;

namespace {

Workload draw(std::mt19937& random) {
  const double pixels = std::exp(std::uniform_real_distribution<double>(11, 17)(random));
  return {pixels * std::uniform_real_distribution<double>(0.1, 0.6)(random), pixels};
}

// 5 ms, 20 ms a megabyte, 8 ms a megapixel, off by up to a tenth.
double time_of(const Workload& work, std::mt19937& random) {
  const double exact = 5 + 20e-6 * work.bytes + 8e-6 * work.pixels;
  return exact * std::uniform_real_distribution<double>(0.9, 1.1)(random);
}

}  // namespace

TEST_CASE("bytes and pixels are told apart, and the high quantile is one") {
  std::mt19937 random(1);
  auto model =
      StageModel::create({.by_bytes = true, .by_pixels = true, .initial = {}, .warm = false, .forgetting = 0.995});
  REQUIRE(model.has_value());
  CHECK_FALSE(model->known());
  for (int i = 0; i < 1000; ++i) {
    const Workload work = draw(random);
    REQUIRE(model->observe(work, time_of(work, random)).has_value());
  }
  CHECK(model->known());
  CHECK(model->coefficients().constant_ms == doctest::Approx(5).epsilon(0.1));
  CHECK(model->coefficients().per_mb_ms == doctest::Approx(20).epsilon(0.1));
  CHECK(model->coefficients().per_megapixel_ms == doctest::Approx(8).epsilon(0.1));
  int above = 0;
  for (int i = 0; i < 2000; ++i) {
    const Workload work = draw(random);
    above += time_of(work, random) > model->predict(work).p95_ms ? 1 : 0;
  }
  CHECK(above > 20);
  CHECK(above < 250);
  CHECK(model->quantile_ms({1e6, 4e6}, 0.5) == doctest::Approx(57).epsilon(0.06));
}

TEST_CASE("a profile is what is expected before the first time, and is corrected within tens of them") {
  StageOptions options;
  options.initial = {100, 400, 0};
  options.warm = true;
  auto model = StageModel::create(options);
  REQUIRE(model.has_value());
  CHECK(model->known());
  CHECK(model->predict({1e6, 0}).mean_ms == doctest::Approx(500));
  CHECK(model->predict({1e6, 0}).p95_ms == model->predict({1e6, 0}).mean_ms);
  std::mt19937 random(2);
  for (int i = 0; i < 40; ++i) {
    const double bytes = std::uniform_real_distribution<double>(2e4, 3e6)(random);
    REQUIRE(model->observe({bytes, 0}, 30 + bytes * 100e-6).has_value());
  }
  CHECK(model->predict({1e6, 0}).mean_ms == doctest::Approx(130).epsilon(0.1));
}

TEST_CASE("times of a clock that jumped back, and numbers that are none, are refused") {
  auto model = StageModel::create({});
  REQUIRE(model.has_value());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(model->observe({1e6, 0}, -1).error().code == ErrorCode::kInvalidArgument);
  CHECK(model->observe({1e6, 0}, nan).error().code == ErrorCode::kInvalidArgument);
  CHECK(model->observe({1e6, 0}, std::numeric_limits<double>::infinity()).error().code == ErrorCode::kInvalidArgument);
  CHECK(model->observe({-1, 0}, 1).error().code == ErrorCode::kInvalidArgument);
  CHECK(model->observe({nan, 0}, 1).error().code == ErrorCode::kInvalidArgument);
  CHECK(model->observations() == 0);
  REQUIRE(model->observe({1e6, 0}, 10).has_value());
  CHECK(std::isfinite(model->predict({nan, -3}).p95_ms));
}

TEST_CASE("times of one workload that come short or long, as with early exits, are expected in their mean") {
  StageOptions options;
  options.by_bytes = false;
  options.forgetting = 0.98;
  auto model = StageModel::create(options);
  REQUIRE(model.has_value());
  std::mt19937 random(3);
  for (int i = 0; i < 400; ++i) REQUIRE(model->observe({}, random() % 2 == 0 ? 3 : 45).has_value());
  CHECK(model->predict({}).mean_ms == doctest::Approx(24).epsilon(0.25));
  CHECK(model->predict({}).p95_ms > 40);
  // One that is far off does not last.
  REQUIRE(model->observe({}, 10'000).has_value());
  for (int i = 0; i < 60; ++i) REQUIRE(model->observe({}, 24).has_value());
  CHECK(model->predict({}).mean_ms < 60);
}

TEST_CASE("expected times are never negative") {
  auto model = StageModel::create({});
  REQUIRE(model.has_value());
  REQUIRE(model->observe({1e6, 0}, 1).has_value());
  REQUIRE(model->observe({2e6, 0}, 500).has_value());
  CHECK(model->predict({0, 0}).mean_ms >= 0);
}

TEST_CASE("times and predictions allocate nothing") {
  auto model = StageModel::create({});
  REQUIRE(model.has_value());
  const auto before = sluice::test::allocation_count();
  double sum = 0;
  for (int i = 0; i < 200; ++i) {
    (void)model->observe({1e4 * i, 0}, 10 + i);
    sum += model->predict({1e5, 0}).p95_ms;
  }
  CHECK(sum > 0);
  CHECK(sluice::test::allocation_count() == before);
}
