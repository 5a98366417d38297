// Promises calibrated anew on made-up exits.
#include "native/eval/exits/exit_promise.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>

using namespace sluice::eval;

namespace {

ExitProfile draw_sure(std::size_t inputs) {
  std::mt19937 random(9);
  std::uniform_real_distribution<float> uniform(0, 1);
  ExitProfile profile;
  profile.exits.resize(2);
  for (std::size_t i = 0; i < inputs; ++i) {
    for (auto& exit : profile.exits) {
      const float hard = uniform(random);
      const float sure = 1 - 0.6F * hard * hard;
      exit.push_back({sure, uniform(random) < sure, true});
    }
    profile.full_right.push_back(1);
  }
  return profile;
}

const ExitCosts kPromiseCosts{{10, 20, 70}, {1, 1}};

}  // namespace

TEST_CASE("calibrated anew, both promises are kept in most draws, and the one of all inputs spends more") {
  const std::array targets{0.9, 0.95};
  const auto promises = resample_exit_promise(draw_sure(8000), kPromiseCosts, targets, 0.95, 100);
  REQUIRE(promises.size() == 4);
  for (const ExitPromiseAtTarget& one : promises) {
    CAPTURE(one.target);
    CHECK(one.promised == 100);
    CHECK(*one.kept_share() >= 0.8);  // of a sample: what is promised in 95 draws is seen in fewer
    CHECK(one.agreement >= one.target);
    CHECK(one.multiply_adds < 100);
  }
  CHECK(promises[0].promise == ExitPromise::kEachExit);
  CHECK(1 - promises[0].worst_exit_error >= 0.9);
  CHECK(promises[2].promise == ExitPromise::kWhole);
  CHECK(promises[2].agreement < promises[0].agreement);
  CHECK(promises[2].multiply_adds < promises[0].multiply_adds);
}

TEST_CASE("where no exit can keep a target nothing is promised, and the table says what runs") {
  const std::array targets{0.9};
  ExitProfile wrong = draw_sure(2000);
  for (auto& exit : wrong.exits) {
    for (ExitAnswer& answer : exit) answer.agrees = false;
  }
  const auto promises = resample_exit_promise(wrong, kPromiseCosts, targets, 0.95);
  for (const ExitPromiseAtTarget& one : promises) {
    CHECK(one.promised == 0);
    CHECK_FALSE(one.kept_share().has_value());
  }
  CHECK(exit_promise_table(promises, 0.95, 100).find("the model runs whole") != std::string::npos);
  CHECK(resample_exit_promise({}, {}, targets, 0.95).size() == 2);
}

TEST_CASE("of too few pictures it is said that they are, and the few targets that they reach are no share of all") {
  const std::array targets{0.5, 0.99, 0.995, 0.999};
  const auto promises = resample_exit_promise(draw_sure(400), kPromiseCosts, targets, 0.95);
  CHECK(promises.front().promised == promises.front().draws);
  CHECK(promises[3].promised == 0);
  const std::string table = exit_promise_table(promises, 0.95, 100);
  CHECK(table.find("too few pictures to calibrate anew") != std::string::npos);
  CHECK(table.find("the model runs whole") == std::string::npos);
  CHECK_FALSE(kept_share_of(promises, ExitPromise::kEachExit).has_value());
  // 2 exits, each of which takes 14 inputs without an error to be shown to be right on 80 % of them.
  CHECK(too_few_to_calibrate(26, 2, 0.8, 0.95));
  CHECK_FALSE(too_few_to_calibrate(28, 2, 0.8, 0.95));
}
