// What is said when a plan makes no unit, and what a unit costs.
#include "core/split/device/unit_writer.hpp"

#include <doctest/doctest.h>

#include "tests/core/split/device/random_unit.hpp"

using namespace sluice;
using namespace sluice::split;

TEST_CASE("multiply-adds, weights and arena are counted") {
  const auto bytes = write_device_unit(test::random_plan(1));
  REQUIRE(bytes.has_value());
  DeviceUnit unit;
  REQUIRE(read_device_unit(*bytes, unit) == UnitStatus::kGood);
  const DeviceCosts costs = costs_of(unit);
  const std::uint64_t to_features = 24 * (27 * 7 + 7 * 6);
  CHECK(costs.multiply_adds_to_features == to_features);
  CHECK(costs.multiply_adds == to_features + 24 * 6 * 9 + 24 * 6 * 18 + 6 * 18 * 9 + 18 * 3);
  CHECK(costs.weight_bytes == 27 * 7 + 7 * 6 + 6 * 9 + 6 * 18 + 18 * 9 + 18 * 3);
  // The largest step: 6 features' symbols, 6 channels in, 18 out, each at 24 places.
  CHECK(costs.arena_bytes >= 24 * (6 + 6 + 18));
  CHECK(costs.arena_bytes <= 24 * (6 + 6 + 18) + 16);
  CHECK(unit.feature_width == 6);
  CHECK(unit.feature_height == 4);
  CHECK(unit.sent_channels() == 4);
}

TEST_CASE("a plan that makes no unit says why") {
  const auto message = [](const UnitPlan& plan) {
    const auto made = write_device_unit(plan);
    REQUIRE_FALSE(made.has_value());
    return made.error().message;
  };
  UnitPlan plan = test::random_plan(1);
  plan.layers[2].weights.pop_back();
  CHECK(message(plan).find("layer 2 of the device unit has 53 weights and needs 54") != std::string::npos);
  plan = test::random_plan(1);
  plan.layers[0].factors.pop_back();
  CHECK(message(plan).find("factors") != std::string::npos);
  plan = test::random_plan(1);
  plan.shares.pop_back();
  CHECK(message(plan).find("4 shares") != std::string::npos);
  plan = test::random_plan(1);
  plan.layers[0].biases[0] = kMostBias + 1;
  CHECK(message(plan).find("bias") != std::string::npos);
  plan = test::random_plan(1);
  plan.picture_width = 0;
  CHECK(message(plan).find("picture") != std::string::npos);
  plan = test::random_plan(1);
  plan.layers.resize(1);
  CHECK(message(plan).find("layers") != std::string::npos);
}
