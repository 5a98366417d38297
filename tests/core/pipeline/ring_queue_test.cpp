#include "core/pipeline/ring_queue.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <string>

using sluice::pipeline::RingQueue;

TEST_CASE("a ring queue behaves like a deque") {
  RingQueue<std::string> ring;
  std::deque<std::string> model;
  std::mt19937 random(5);
  for (int step = 0; step < 20'000; ++step) {
    const auto choice = random() % 16;
    if (choice < 8) {
      ring.push("element " + std::to_string(step));
      model.push_back("element " + std::to_string(step));
    } else if (choice < 15) {
      if (model.empty()) continue;
      CHECK(ring.pop() == model.front());
      model.pop_front();
    } else {
      const char digit = static_cast<char>('0' + random() % 10);
      const auto matches = [&](const std::string& text) { return text.back() == digit; };
      CHECK(ring.erase_if(matches) == std::erase_if(model, matches));
    }
    CHECK(ring.size() == model.size());
    CHECK(ring.empty() == model.empty());
  }
  ring.clear();
  CHECK(ring.empty());
}
