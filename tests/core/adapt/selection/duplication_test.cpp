#include "core/adapt/selection/duplication.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace sluice::adapt;
using sluice::ErrorCode;

TEST_CASE("a remote answer that is all but surely in time needs no duplicate") {
  const auto plan = plan_duplicate(250, {100, 120}, {20, 25});
  REQUIRE(plan.has_value());
  CHECK_FALSE(plan->needed);
  CHECK(plan->late < 0.001);
}

TEST_CASE("otherwise the device begins when it must to be done in time") {
  const auto plan = plan_duplicate(250, {200, 280}, {20, 25});
  REQUIRE(plan.has_value());
  CHECK(plan->needed);
  CHECK(plan->in_time);
  CHECK(plan->begin_ms == 220);  // 250 - 25 - 5
  CHECK(plan->late == doctest::Approx(0.152).epsilon(0.02));
}

TEST_CASE("a device that is too slow begins at once, and it is said that it is late") {
  const auto plan = plan_duplicate(20, {200, 280}, {20, 25});
  REQUIRE(plan.has_value());
  CHECK(plan->needed);
  CHECK_FALSE(plan->in_time);
  CHECK(plan->begin_ms == 0);
  CHECK(plan_duplicate(-5, {1, 1}, {1, 1})->begin_ms == 0);
}

TEST_CASE("times that are none and shares that are none are refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(plan_duplicate(nan, {1, 1}, {1, 1}).error().code == ErrorCode::kInvalidArgument);
  CHECK(plan_duplicate(1, {1, nan}, {1, 1}).error().code == ErrorCode::kInvalidArgument);
  CHECK(plan_duplicate(1, {1, 1}, {-1, 1}).error().code == ErrorCode::kInvalidArgument);
  CHECK(plan_duplicate(1, {1, 1}, {1, 1}, {.late_at_most = 2}).error().code == ErrorCode::kInvalidArgument);
}
