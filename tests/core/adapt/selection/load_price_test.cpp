// The price against streams of requests of which a share may be sold: nothing while there is room, and what keeps the load where there is
// none.
#include "core/adapt/selection/load_price.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <limits>

#include "core/adapt/selection/selection.hpp"

using namespace sluice::adapt;
using sluice::Duration;
using sluice::Instant;
using namespace std::chrono_literals;

namespace {

constexpr std::array kThree = {Variant{71, 5, 0.1, 0}, Variant{78, 31, 0.1, 0}, Variant{82.6, 113, 0.1, 0}};

// The share of one worker's time that requests at this distance take, when each is selected at the price of its time.
double busy(Duration gap, LoadPrice& price) {
  double service = 0;
  constexpr int kRequests = 5000;
  for (int i = 0; i < kRequests; ++i) {
    const Instant now(1s + i * gap);
    SelectionOptions options;
    options.rule = SelectionRule::kExpectedAccuracy;
    options.price_per_ms = price.at(now);
    const auto taken = select_variant(kThree, {.remaining_ms = 1000}, options);
    service += kThree[taken->variant].mean_ms;
    price.took_on(kThree[taken->variant].mean_ms, now);
  }
  return service / (kRequests * static_cast<double>(gap.count()) / 1e3);
}

}  // namespace

TEST_CASE("with room the best variant is free of charge") {
  LoadPrice price(LoadPriceOptions{});
  CHECK(busy(200ms, price) == doctest::Approx(113.0 / 200));
}

TEST_CASE("at load the work taken on comes to what may be sold, by a mix of variants") {
  for (const Duration gap : {80ms, 50ms, 20ms}) {
    LoadPrice price(LoadPriceOptions{});
    CHECK(busy(gap, price) == doctest::Approx(0.9).epsilon(0.02));
  }
}

TEST_CASE("odd times and services do nothing") {
  LoadPrice price({.workers = 0});
  price.took_on(100, Instant(10s));
  const double before = price.at(Instant(10s));
  CHECK(before > 0);
  price.took_on(-5, Instant(10s));
  price.took_on(std::numeric_limits<double>::quiet_NaN(), Instant(10s));
  CHECK(price.at(Instant(4s)) == before);  // a clock that jumped back
  price.took_on(1e300, Instant(10s));
  CHECK(std::isfinite(price.at(Instant(10s))));
  CHECK(price.at(Instant(100s)) == 0);
}
