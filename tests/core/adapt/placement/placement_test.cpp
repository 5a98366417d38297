// The choice among routes: the soonest, with the exceptions that its options make, and what it does with numbers that are none.
#include "core/adapt/placement/placement.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <vector>

#include "core/adapt/placement/pieslicer_table.hpp"
#include "tests/counting_new.hpp"

using namespace sluice::adapt;
using sluice::ErrorCode;

namespace {

RouteStages route(std::uint32_t name, double device, double transfer, double server, double spread = 0,
                  std::uint64_t bytes = 1000) {
  const auto stage = [spread](double mean) { return TimeEstimate{mean, mean + spread}; };
  return {name, stage(device), stage(transfer), stage(server), bytes};
}

}  // namespace

TEST_CASE("the soonest route is taken, and all are told") {
  const std::array routes{route(7, 0, 300, 20), route(8, 60, 90, 10), route(9, 500, 0, 0)};
  const auto placed = place(routes);
  REQUIRE(placed.has_value());
  CHECK(placed->route().route == 8);
  CHECK(placed->route().total.mean_ms == 160);
  REQUIRE(placed->all().size() == 3);
  CHECK(placed->all()[0].total.mean_ms == 320);
  CHECK(placed->all()[2].route == 9);
}

TEST_CASE("spreads of stages add as deviations do") {
  const std::array routes{RouteStages{1, {10, 13}, {20, 24}, {5, 5}, 10}};
  const auto placed = place(routes);
  REQUIRE(placed.has_value());
  CHECK(placed->route().total.mean_ms == 35);
  CHECK(placed->route().total.p95_ms == doctest::Approx(40));
}

TEST_CASE("with a deadline a safe route is taken before a sooner one that may miss it") {
  const std::array routes{route(1, 0, 100, 0, 200), route(2, 150, 0, 0, 5)};
  CHECK(place(routes)->route().route == 1);
  CHECK(place(routes, {.deadline_ms = 200})->route().route == 2);
  CHECK(place(routes, {.deadline_ms = 120})->route().route == 1);  // none is safe: the soonest
  CHECK_FALSE(place(routes, {.deadline_ms = 120})->route().in_time);
  CHECK(place(routes, {.deadline_ms = 0})->route().route == 1);
}

TEST_CASE("the first route is held on to while another is not clearly sooner") {
  const std::array routes{route(1, 0, 100, 0, 16.45), route(2, 90, 0, 0, 16.45)};  // ten deviations each
  CHECK(place(routes)->route().route == 2);
  CHECK(place(routes, {.hold_first_deviations = 1})->route().route == 1);
  CHECK(place(routes, {.hold_first_deviations = 0.3})->route().route == 2);
}

TEST_CASE("of routes as good as equal the one with fewer bytes is taken") {
  const std::array routes{route(1, 0, 100, 0, 0, 5000), route(2, 102, 0, 0, 0, 200)};
  CHECK(place(routes)->route().route == 1);
  CHECK(place(routes, {.tie_ms = 5})->route().route == 2);
}

TEST_CASE("two routes are PieSlicer's rule") {
  for (const PublishedNetwork network : kPublishedNetworks) {
    const PieSlicerLines lines = published_lines(PublishedPhone::kMotoX4, network);
    for (double mb = 0.01; mb < 10; mb *= 1.3) {
      const auto exact = [](double ms) { return TimeEstimate{ms, ms}; };
      const std::array routes{RouteStages{0, {}, exact(lines.transfer.at(mb)), exact(lines.server.at(mb)), 0},
                              RouteStages{1, exact(lines.device.at(mb)), exact(lines.transfer.at(0.054)),
                                          exact(lines.server.at(0.054)), 0}};
      const auto choice = pieslicer_choice(pieslicer_times(lines, mb, 0.054));
      CHECK((place(routes)->route().route == 1) == (choice == PreprocessAt::kDevice));
    }
  }
}

TEST_CASE("a route whose times are none is told of and not taken") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const std::array routes{route(1, nan, 1, 1), route(2, 0, inf, 0), route(3, -5, 0, 0), route(4, 0, 900, 0)};
  const auto placed = place(routes, {.deadline_ms = 10, .hold_first_deviations = 2});
  REQUIRE(placed.has_value());
  CHECK(placed->route().route == 4);
  CHECK_FALSE(placed->all()[0].usable);
  CHECK_FALSE(placed->all()[1].usable);
  CHECK_FALSE(placed->all()[2].usable);
}

TEST_CASE("nothing to choose from, too much of it, and impossible options are refused") {
  const std::vector<RouteStages> many(kMaxRoutes + 1, route(1, 1, 1, 1));
  const std::array one{route(1, 1, 1, 1)};
  const std::array none{route(1, -1, 1, 1)};
  CHECK(place({}).error().code == ErrorCode::kInvalidArgument);
  CHECK(place(many).error().code == ErrorCode::kInvalidArgument);
  CHECK(place(none).error().code == ErrorCode::kInvalidArgument);
  CHECK(place(one, {.deadline_ms = -1}).error().code == ErrorCode::kInvalidArgument);
  CHECK(place(one, {.tie_ms = std::numeric_limits<double>::quiet_NaN()}).error().code == ErrorCode::kInvalidArgument);
  CHECK(place(one)->route().route == 1);
}

TEST_CASE("a decision allocates nothing") {
  const std::array routes{route(7, 0, 300, 20), route(8, 60, 90, 10), route(9, 500, 0, 0)};
  const auto before = sluice::test::allocation_count();
  double sum = 0;
  for (int i = 0; i < 100; ++i) sum += place(routes, {.deadline_ms = 3.0 * i})->route().total.mean_ms;
  CHECK(sum > 0);
  CHECK(sluice::test::allocation_count() == before);
}
