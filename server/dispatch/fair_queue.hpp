// The jobs that wait, in the order in which they get their turn: whoever had least service comes first (start-time fair queueing,
// Goyal, Vin and Cheng, SIGCOMM 1996), the earliest deadline first among those who had about as much, and among one's own. So a
// client that asks for much waits for itself, and clients that ask for little pass it by.
// Not synchronised: under the dispatcher's lock. Costs as many steps as principals wait.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "server/dispatch/job.hpp"

namespace sluice::server {

class FairQueue {
 public:
  // Service within so much counts as equal.
  static constexpr double kQuantumUs = 10'000;

  FairQueue() = default;
  ~FairQueue();  // drops what waits, which holds its principals as they hold it
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  std::size_t size() const { return size_; }

  void push(JobHandle job);
  // The next job, or the next of those that `wanted` accepts; nullptr when there is none. Its principal is charged job.expected.
  JobHandle pop();
  JobHandle pop(const std::function<bool(const Job&)>& wanted);
  // What a job took beyond what it was charged, or less.
  void correct(Principal& principal, Duration difference);
  bool erase(const Job& job);

  // Makes room in a full queue for `newcomer`: the job with the latest deadline of whoever has most waiting, where that is at least
  // two more than the newcomer has.
  JobHandle evict_for(const Principal& newcomer);
  bool can_evict_for(const Principal& newcomer) const;

 private:
  using Principals = std::vector<std::shared_ptr<Principal>>;

  JobHandle take(Principals::const_iterator from, std::size_t index);
  Principals::const_iterator longest() const;

  Principals active_;  // those with jobs waiting
  double now_us_ = 0;  // virtual time: where whoever was served last began
  std::size_t size_ = 0;
};

}  // namespace sluice::server
