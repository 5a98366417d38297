// Buffers that live together lie apart, and those that do not share their memory.
#include "core/split/device/arena_plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "tests/core/split/device/random_unit.hpp"

using namespace sluice::split;

TEST_CASE("a chain of results needs no more than its two largest neighbours") {
  std::vector<ArenaBuffer> chain{{100, 0, 1}, {400, 1, 2}, {60, 2, 3}, {300, 3, 4}, {8, 4, 5}};
  CHECK(plan_arena(chain) == 500);
}

TEST_CASE("whatever the buffers are, none lies on another that is alive with it") {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    sluice::test::Noise noise{seed};
    std::vector<ArenaBuffer> buffers;
    for (int i = 0; i < 20; ++i) {
      const auto first = static_cast<std::size_t>(noise.between(0, 12));
      buffers.push_back({static_cast<std::uint32_t>(noise.between(0, 900)), first, first + noise.next() % 4});
    }
    const std::uint32_t arena = plan_arena(buffers);
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      CHECK(buffers[i].at % 4 == 0);
      CHECK(buffers[i].at + buffers[i].bytes <= arena);
      for (std::size_t j = 0; j < i; ++j) {
        const ArenaBuffer& a = buffers[i];
        const ArenaBuffer& b = buffers[j];
        const bool together = a.first_step <= b.last_step && b.first_step <= a.last_step;
        const bool apart = a.at + a.bytes <= b.at || b.at + b.bytes <= a.at;
        if (together) CHECK(apart);
      }
    }
  }
}
