// How large a batch is made: as large as pays, by measuring.
#include "server/dispatch/batch_estimate.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace sluice;
using namespace sluice::server;
using namespace std::chrono_literals;

namespace {

struct Lane {
  BatchEstimate estimate;
  Instant time{1s};
  std::uint32_t most = 32;

  // Runs `runs` batches of what is chosen with so many waiting; the mean size.
  double run(int runs, std::uint32_t waiting, const std::function<Duration(std::uint32_t)>& took) {
    double inputs = 0;
    for (int i = 0; i < runs; ++i) {
      const auto chosen = estimate.choose(waiting, most);
      REQUIRE(chosen >= 1);
      REQUIRE(chosen <= std::min(waiting, most));
      const auto each = took(chosen);
      time += each;
      estimate.record(chosen, each, time);
      inputs += chosen;
    }
    return inputs / runs;
  }
};

Duration by_input(std::uint32_t inputs) { return 4ms * inputs; }                // convolutions on a CPU
Duration by_run(std::uint32_t inputs) { return 8ms + inputs * Duration{100}; }  // weights are what moves

}  // namespace

TEST_CASE("where a batch costs as much as its inputs, they run alone") {
  Lane lane;
  lane.run(20, 64, by_input);  // finds out
  CHECK(lane.run(1000, 64, by_input) < 1.2);
}

TEST_CASE("where a run costs the same whatever is in it, everything that waits runs together") {
  Lane lane;
  lane.run(40, 64, by_run);
  CHECK(lane.run(1000, 64, by_run) > 30);
  CHECK(lane.run(1000, 20, by_run) > 19);
  CHECK(lane.run(10, 1, by_run) == 1);
  lane.most = 8;
  CHECK(lane.run(100, 64, by_run) > 7);
}

TEST_CASE("a batch that begins to pay is found, and one that ceases to is given up") {
  Lane lane;
  lane.run(1000, 64, by_input);
  lane.run(20'000, 64, by_run);
  CHECK(lane.run(1000, 64, by_run) > 16);
  lane.run(20'000, 64, by_input);
  CHECK(lane.run(1000, 64, by_input) < 1.2);
}

TEST_CASE("how long a batch takes is known from its own size, or guessed from smaller ones") {
  BatchEstimate estimate;
  const Instant time{1s};
  CHECK(estimate.high(4, time) == Duration::zero());
  CHECK(estimate.median_each() == Duration::zero());
  estimate.record(1, 3ms, time);
  CHECK(estimate.high(1, time) == 3ms);
  CHECK(estimate.high(4, time) == 12ms);
  estimate.record(4, 4ms, time);
  CHECK(estimate.high(4, time) == 4ms);
  CHECK(estimate.high(4, time + 2s) == Duration::zero());  // forgotten
}
