// Shares, agreement and cost of exits at thresholds, counted by hand.
#include "native/eval/exits/exit_profile.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace sluice::eval;

namespace {

// Four inputs, two exits.
ExitProfile small_profile() {
  ExitProfile profile;
  profile.exits = {
      {{0.9F, true, true}, {0.9F, false, true}, {0.2F, true, true}, {0.5F, true, false}},
      {{0.1F, true, true}, {0.1F, true, true}, {0.8F, true, true}, {0.7F, false, false}},
  };
  profile.full_right = {1, 0, 1, 1};
  return profile;
}

const ExitCosts kSmallCosts{{10, 20, 70}, {1, 2}};

}  // namespace

TEST_CASE("inputs leave at the first exit that is sure, and what is behind it costs nothing") {
  const auto replayed = replay(small_profile(), kSmallCosts, std::array{0.6F, 0.75F});
  CHECK(replayed.shares == std::vector<double>{0.5, 0.25, 0.25});
  CHECK(replayed.errors == std::vector<double>{0.5, 0, 0});
  CHECK(replayed.agreement == 0.75);
  CHECK(replayed.accuracy == 1.0);
  // 11 each; the third another 22, the fourth 22 and 70.
  CHECK(replayed.multiply_adds == doctest::Approx((4 * 11 + 2 * 22 + 70) / 4.0));
}

TEST_CASE("a closed exit costs nothing and lets nothing leave") {
  const auto replayed = replay(small_profile(), kSmallCosts, std::array{kClosed, kClosed});
  CHECK(replayed.shares.back() == 1);
  CHECK(replayed.multiply_adds == 100);
  CHECK(replayed.agreement == 1);
  CHECK(replayed.accuracy == 0.75);
}

TEST_CASE("stretches between the exits that are kept join") {
  const std::array<std::size_t, 1> second{1};
  const ExitCosts costs = select_exits(kSmallCosts, second);
  CHECK(costs.stretches == std::vector<std::uint64_t>{30, 70});
  CHECK(costs.branches == std::vector<std::uint64_t>{2});
  CHECK(costs.model() == kSmallCosts.model());
  const ExitCosts none = select_exits(kSmallCosts, {});
  CHECK(none.stretches == std::vector<std::uint64_t>{100});
  const ExitProfile one = select_exits(small_profile(), second);
  REQUIRE(one.exits.size() == 1);
  CHECK(one.exits[0][2].confidence == 0.8F);
  const std::array<std::size_t, 2> inputs{3, 0};
  const ExitProfile some = select(small_profile(), second, inputs);
  CHECK(some.exits[0][0].confidence == 0.7F);
  CHECK(some.full_right == std::vector<std::uint8_t>{1, 1});
}
