#include "core/adapt/selection/probabilistic_choice.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <random>

using namespace sluice::adapt;
using sluice::ErrorCode;

namespace {

constexpr std::array kSpread = {Variant{50, 5, 0.5, 0}, Variant{70, 44, 2, 0}, Variant{75, 46, 2, 0},
                                Variant{83, 300, 5, 0}};

}  // namespace

TEST_CASE("variants about as fast as the best one are drawn by their weight") {
  // Base: 75 at 46 ms, one off the soft bound, as 44 ms is.
  std::array<int, 4> drawn{};
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const auto choice = choose_probabilistically(kSpread, {.hard_ms = 100, .soft_ms = 45},
                                                 std::uniform_real_distribution<double>(0, 1)(random));
    REQUIRE(choice.has_value());
    ++drawn[*choice];
  }
  // 70 x 54 against 75 x 52: what is left of 100 ms after mean and deviation.
  CHECK(drawn[0] == 0);
  CHECK(drawn[3] == 0);
  CHECK(drawn[1] / 2000.0 == doctest::Approx(3780.0 / 7680).epsilon(0.06));
}

TEST_CASE("without a variant inside the bounds the fastest is taken") {
  CHECK(*choose_probabilistically(kSpread, {.hard_ms = 2, .soft_ms = 1}, 0.5) == 0);
  CHECK(*choose_probabilistically(kSpread, {.hard_ms = -2, .soft_ms = -10}, 0.5) == 0);
}

TEST_CASE("draws and bounds outside what they may be are refused") {
  CHECK(choose_probabilistically(kSpread, {.hard_ms = 100, .soft_ms = 50}, 1).error().code ==
        ErrorCode::kInvalidArgument);
  CHECK(choose_probabilistically(kSpread, {.hard_ms = 100, .soft_ms = 50}, -0.1).error().code ==
        ErrorCode::kInvalidArgument);
  CHECK(choose_probabilistically(kSpread, {.hard_ms = std::numeric_limits<double>::infinity(), .soft_ms = 50}, 0)
            .error()
            .code == ErrorCode::kInvalidArgument);
  CHECK(choose_probabilistically({}, {.hard_ms = 100, .soft_ms = 50}, 0).error().code == ErrorCode::kInvalidArgument);
}
