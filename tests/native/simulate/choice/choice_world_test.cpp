// The device, the link and the server, each one thing at a time.
#include "native/simulate/choice/choice_world.hpp"

#include <doctest/doctest.h>

using namespace sluice::simulate;

namespace {

// 8 kbit/s a kilobyte a second: easy sums.
const NetworkTrace& slow_link() {
  static const NetworkTrace trace = *NetworkTrace::create("slow", {{10, 1000}});
  return trace;
}

WorldSetup quiet() {
  WorldSetup setup;
  setup.network = &slow_link();
  setup.round_trip_ms = 20;
  setup.server_load = 0;
  return setup;
}

}  // namespace

TEST_CASE("the device does one thing after the other") {
  ChoiceWorld world(quiet());
  CHECK(world.work(100, 50) == 150);
  CHECK(world.work(120, 50) == 200);
  CHECK(world.work(500, 50) == 550);
  CHECK(world.spent().device_ms == 150);
}

TEST_CASE("machines take as long as their speed says, coding as well") {
  const ChoiceWorld world(quiet());
  CHECK(world.device_ms(4000, 0) == 2);
  CHECK(world.server_ms(40'000, 500) == 2.5);
  CHECK(world.device_ms(0, 500) == 5);  // ten times slower than the server
}

TEST_CASE("messages wait for the link and for the worker, and the answer takes its way back") {
  ChoiceWorld world(quiet());
  const RoundTrip first = world.send(0, 100, 30);  // 100 ms on the link, 10 ms there, 30 ms served, 10 ms back
  CHECK(first.answered_ms == doctest::Approx(150));
  CHECK(first.waited_ms == 0);
  const RoundTrip second = world.send(0, 10, 30);  // 10 ms after the first, so 20 ms before the worker is free
  CHECK(second.waited_ms == doctest::Approx(20));
  CHECK(second.answered_ms == doctest::Approx(180));
  CHECK(world.spent().bytes == 110);
  CHECK(world.spent().server_ms == 60);
}

TEST_CASE("others keep the worker busy for as much of its time as they take") {
  WorldSetup setup = quiet();
  const NetworkTrace fast = *NetworkTrace::create("fast", {{1, 1e9}});
  setup.network = &fast;
  setup.server_load = 0.5;
  ChoiceWorld world(setup);
  double waited = 0;
  for (int i = 0; i < 20'000; ++i) waited += world.send(1000.0 * i, 1, 0.001).waited_ms / 20'000;
  CHECK(waited == doctest::Approx(10).epsilon(0.1));  // load / (1 - load) times a mean service of 10 ms
}

TEST_CASE("costs are what was spent, weighed") { CHECK(cost_of({10, 2000, 3}, {1, 5, 2}) == doctest::Approx(26)); }
