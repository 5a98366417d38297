#include "core/reuse/eviction.hpp"

#include <doctest/doctest.h>

#include <map>

#include "tests/core/reuse/embeddings.hpp"

using namespace sluice;
using namespace sluice::reuse;

namespace {

std::vector<std::uint32_t> drained(EvictionQueue& queue) {
  std::vector<std::uint32_t> rows;
  while (!queue.empty()) rows.push_back(queue.pop());
  return rows;
}

using Rows = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("policies have names") {
  for (const auto policy : {EvictionPolicy::kLru, EvictionPolicy::kLfu, EvictionPolicy::kUtility}) {
    CHECK(find_eviction(eviction_name(policy)) == policy);
  }
  CHECK_FALSE(find_eviction("fifo"));
  CHECK_FALSE(find_eviction(""));
}

TEST_CASE("LRU gives up the row used longest ago, whatever its hits") {
  EvictionQueue queue(EvictionPolicy::kLru, 3);
  queue.add(2, {1, 0, 0, 1});
  queue.add(0, {2, 0, 0, 1});
  queue.add(1, {3, 0, 0, 1});
  queue.update(2, {4, 50, 0, 1});
  CHECK(drained(queue) == Rows{0, 1, 2});
}

TEST_CASE("LFU gives up the row used least often, and among equals the one used longest ago") {
  EvictionQueue queue(EvictionPolicy::kLfu, 4);
  queue.add(0, {1, 0, 0, 1});
  queue.add(1, {2, 0, 0, 1});
  queue.add(2, {3, 0, 0, 1});
  queue.add(3, {4, 0, 0, 1});
  queue.update(0, {5, 2, 0, 1});
  queue.update(3, {6, 1, 0, 1});
  CHECK(drained(queue) == Rows{1, 2, 3, 0});
}

TEST_CASE("utility gives up what saves least for its bytes") {
  EvictionQueue queue(EvictionPolicy::kUtility, 4);
  queue.add(0, {1, 0, 10, 1000});  // 0.010
  queue.add(1, {2, 0, 10, 100});   // 0.100
  queue.add(2, {3, 0, 50, 1000});  // 0.050
  queue.add(3, {4, 7, 10, 1000});  // 0.080, by its eight uses
  CHECK(drained(queue) == Rows{0, 2, 3, 1});
}

TEST_CASE("utility ages: what was used often once goes before what came in much later") {
  EvictionQueue queue(EvictionPolicy::kUtility, 2);
  queue.add(0, {1, 9, 10, 100});  // 1.0
  std::uint64_t use = 1;
  int rounds = 0;
  while (true) {
    queue.add(1, {++use, 0, 10, 100});  // 0.1 more than the last one evicted
    if (queue.pop() == 0) break;
    REQUIRE(++rounds < 20);
  }
  CHECK(rounds >= 9);
}

TEST_CASE("a row without bytes or cost is no division by zero") {
  EvictionQueue queue(EvictionPolicy::kUtility, 2);
  queue.add(0, {1, 0, 0, 0});
  queue.add(1, {2, 0, 5, 0});
  CHECK(drained(queue) == Rows{0, 1});
}

TEST_CASE("through random adds, uses and removals the queue gives up what a search of all rows would") {
  constexpr std::uint32_t kRows = 40;
  for (const auto policy : {EvictionPolicy::kLru, EvictionPolicy::kLfu}) {
    EvictionQueue queue(policy, kRows);
    std::map<std::uint32_t, Usage> held;
    test::Numbers numbers(5);
    for (std::uint64_t step = 1; step < 4000; ++step) {
      const std::uint32_t row = numbers.next() % kRows;
      const auto found = held.find(row);
      if (found == held.end()) {
        held[row] = {step, 0, 0, 1};
        queue.add(row, held[row]);
      } else if (numbers.next() % 4 == 0) {
        held.erase(row);
        queue.remove(row);
      } else {
        found->second.last_use = step;
        ++found->second.hits;
        queue.update(row, found->second);
      }
      if (step % 5 != 0 || held.empty()) continue;
      auto lowest = held.begin();
      for (auto entry = held.begin(); entry != held.end(); ++entry) {
        const auto key = [&](const Usage& usage) {
          return std::pair(policy == EvictionPolicy::kLfu ? usage.hits : 0, usage.last_use);
        };
        if (key(entry->second) < key(lowest->second)) lowest = entry;
      }
      REQUIRE(queue.pop() == lowest->first);
      held.erase(lowest);
    }
  }
}
