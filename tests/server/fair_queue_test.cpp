// Whose turn it is: fair between those who ask, by deadline among equals.
#include "server/dispatch/fair_queue.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sluice;
using namespace sluice::server;
using namespace std::chrono_literals;

namespace {

using Asker = std::shared_ptr<Principal>;

Asker asker(double share = 1) { return std::make_shared<Principal>(share); }

JobHandle job_of(const Asker& principal, Duration deadline = 1s, Duration expected = 20ms) {
  auto job = std::make_shared<Job>();
  job->principal = principal;
  job->deadline = Instant{deadline};
  job->expected = expected;
  return job;
}

}  // namespace

TEST_CASE("whoever asks for little passes by whoever asks for much") {
  FairQueue queue;
  const auto greedy = asker();
  const auto modest = asker();
  for (int i = 0; i < 20; ++i) queue.push(job_of(greedy));
  CHECK(queue.pop()->principal == greedy);
  CHECK(queue.pop()->principal == greedy);
  const auto late = job_of(modest, 5s);  // although its deadline is the last of all
  queue.push(late);
  CHECK(queue.pop() == late);
  CHECK(queue.pop()->principal == greedy);
  CHECK(queue.size() == 17);
}

TEST_CASE("among equals, and among one's own, the earliest deadline is first") {
  FairQueue queue;
  const auto one = asker();
  const auto other = asker();
  const auto third = job_of(one, 300ms);
  const auto first = job_of(one, 100ms);
  const auto second = job_of(other, 200ms);
  for (const auto& job : {third, second, first}) queue.push(job);
  CHECK(queue.pop() == first);
  CHECK(queue.pop() == second);
  CHECK(queue.pop() == third);
  CHECK(queue.pop() == nullptr);
}

TEST_CASE("service goes by shares, and by what jobs took") {
  FairQueue queue;
  const auto twice = asker(2);
  const auto once = asker(1);
  for (int i = 0; i < 60; ++i) {
    queue.push(job_of(twice));
    queue.push(job_of(once));
  }
  int of_twice = 0;
  for (int i = 0; i < 60; ++i) of_twice += queue.pop()->principal == twice ? 1 : 0;
  CHECK(of_twice >= 38);
  CHECK(of_twice <= 42);

  // The one whose jobs turn out to be ten times as costly gets a tenth as many.
  FairQueue measured;
  const auto heavy = asker();
  const auto light = asker();
  for (int i = 0; i < 110; ++i) {
    measured.push(job_of(heavy));
    measured.push(job_of(light));
  }
  int of_heavy = 0;
  for (int i = 0; i < 110; ++i) {
    const auto job = measured.pop();
    if (job->principal != heavy) continue;
    ++of_heavy;
    measured.correct(*heavy, 180ms);
  }
  CHECK(of_heavy >= 9);
  CHECK(of_heavy <= 12);
}

TEST_CASE("idle time is not saved up") {
  FairQueue queue;
  const auto busy = asker();
  const auto idle = asker();
  for (int i = 0; i < 100; ++i) {
    queue.push(job_of(busy));
    queue.pop();
  }
  for (int i = 0; i < 20; ++i) {
    queue.push(job_of(busy));
    queue.push(job_of(idle));
  }
  int of_idle = 0;
  for (int i = 0; i < 20; ++i) of_idle += queue.pop()->principal == idle ? 1 : 0;
  CHECK(of_idle >= 9);
  CHECK(of_idle <= 11);
}

TEST_CASE("some may be asked for, and any may leave") {
  FairQueue queue;
  const auto one = asker();
  const auto first = job_of(one, 100ms);
  const auto second = job_of(one, 200ms);
  const auto third = job_of(one, 300ms);
  for (const auto& job : {first, second, third}) queue.push(job);
  CHECK(queue.pop([&](const Job& job) { return &job == second.get(); }) == second);
  CHECK(queue.pop([](const Job&) { return false; }) == nullptr);
  CHECK(queue.erase(*third));
  CHECK_FALSE(queue.erase(*third));
  CHECK(queue.pop() == first);
  CHECK(queue.size() == 0);
}

TEST_CASE("in a full queue the latest of whoever has most makes room, but for nobody who has as many") {
  FairQueue queue;
  const auto greedy = asker();
  const auto newcomer = asker();
  CHECK(queue.evict_for(*newcomer) == nullptr);
  queue.push(job_of(greedy, 100ms));
  CHECK_FALSE(queue.can_evict_for(*newcomer));
  const auto last = job_of(greedy, 300ms);
  queue.push(last);
  queue.push(job_of(greedy, 200ms));
  CHECK_FALSE(queue.can_evict_for(*greedy));
  CHECK(queue.evict_for(*newcomer) == last);
  queue.push(job_of(newcomer));
  CHECK(queue.evict_for(*newcomer) == nullptr);  // two against one, then it would have as many
}
