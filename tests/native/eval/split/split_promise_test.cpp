// Calibrating again and again on halves of made-up pictures, of which one knows how often they agree.
#include "native/eval/split/split_promise.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace sluice::eval;

namespace {

// The guess agrees on every second picture, four channels on nine of ten, all on all.
SplitMeasurement measured(std::size_t count) {
  SplitMeasurement made;
  made.cuts = {0, 4, 8};
  for (std::size_t i = 0; i < count; ++i) {
    SplitRecord record;
    record.combined = {i % 2 == 0 ? 0 : 1, i % 10 == 0 ? 1 : 0, 0};
    record.bytes = {0, 40, 100};
    made.pictures.push_back(record);
  }
  return made;
}

}  // namespace

TEST_CASE("the point that promises a target is taken, and what it keeps counted elsewhere") {
  constexpr std::array<double, 4> kTargets = {0.3, 0.8, 0.95, 0.9999};
  const auto promises = resample_promise(measured(2000), kTargets, 50);
  REQUIRE(promises.size() == 4);
  for (const PromiseAtTarget& one : promises) CHECK(one.draws == 50);
  CHECK(promises[0].promised == 50);  // by the guess
  CHECK(promises[0].bytes == 0);
  CHECK(promises[0].agreement == doctest::Approx(0.5).epsilon(0.05));
  CHECK(*promises[0].kept_share() == 1);
  CHECK(promises[1].bytes == doctest::Approx(40));
  CHECK(promises[1].agreement == doctest::Approx(0.9).epsilon(0.02));
  CHECK(promises[2].bytes == doctest::Approx(100));
  CHECK(promises[2].agreement == 1);
  CHECK(promises[3].promised == 0);  // a thousand pictures can't promise that
  CHECK_FALSE(promises[3].kept_share());
  CHECK(*kept_share_of(promises) == 1);
  const std::string table = promise_table(promises);
  CHECK(table.find("50 times") != std::string::npos);
  CHECK(table.find("pictures go to the full model") != std::string::npos);
}

TEST_CASE("a target just at a point's bound is seen to be broken now and then") {
  // Of a thousand pictures that agree in 90 % of the cases the bound is about 0.883.
  constexpr std::array<double, 1> kTarget = {0.883};
  const auto promises = resample_promise(measured(2000), kTarget, 400);
  CHECK(promises[0].promised == 400);
  CHECK(promises[0].bytes > 40);  // in half of the draws all channels are taken
  CHECK(promises[0].bytes < 100);
  CHECK(*promises[0].kept_share() < 1);
  CHECK(*promises[0].kept_share() > 0.75);
}

TEST_CASE("draws are the same each time, and nothing is promised from nothing") {
  constexpr std::array<double, 1> kTarget = {0.883};
  const auto first = resample_promise(measured(500), kTarget, 30);
  const auto second = resample_promise(measured(500), kTarget, 30);
  CHECK(first[0].kept == second[0].kept);
  CHECK(first[0].agreement == second[0].agreement);
  const auto none = resample_promise(measured(1), kTarget, 30);
  CHECK(none[0].promised == 0);
  CHECK_FALSE(kept_share_of(none));
  CHECK(promise_table({}).empty());
}
