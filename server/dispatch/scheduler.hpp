// What runs next, and with what: the queue, the lanes, and the batches that gather in them. Jobs wait in the fair queue until a
// worker is free; the worker prepares one, or takes a batch that is due: as many as the lane's own measurements want, fewer where a
// larger batch would make one of them late. Jobs that are late already end here.
// Not synchronised: under the dispatcher's lock. Owns the lanes; decides and measures nothing by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/time.hpp"
#include "server/dispatch/fair_queue.hpp"
#include "server/dispatch/job.hpp"
#include "server/dispatch/lane.hpp"
#include "server/metrics/metrics.hpp"

namespace sluice::server {

// kDeadlineExpired where a job that takes so long from now on would be late; its message says what it waited and what is left.
std::optional<Error> out_of_time(const Job& job, Instant time, Duration expected);

class Scheduler {
 public:
  // What a worker does next: prepare one job, or run some together. Neither: wait.
  struct Task {
    JobHandle prepare;
    Lane* lane = nullptr;
    std::vector<JobHandle> run;
    BatchLeft left = BatchLeft::kAlone;
    bool more = false;  // the lane has more for another worker
    Instant wait_until = kNever;
  };

  // Called with a job that is about to run, or to be prepared for that; true when it changed which form of its model runs.
  void set_choice(std::function<bool(Job&, Instant)> choose) { choose_ = std::move(choose); }

  // The lane of a job as far as it is known yet; made where there is none.
  Lane& lane_of(const Job& job);

  // Into the queue, with job.lane and job.expected set.
  void push(const JobHandle& job);
  // Prepared, into the lane that it turned out to belong to.
  void add_prepared(JobHandle job, Instant time);
  // Jobs that are late are added to `late` with their error.
  Task next(Instant time, std::vector<JobHandle>& late);

  // Takes a job that waits or is prepared back; false where it is neither.
  bool withdraw(const JobHandle& job);
  // Makes room for a job of the newcomer's; see FairQueue.
  JobHandle evict_for(const Principal& newcomer);
  bool can_evict_for(const Principal& newcomer) const { return queue_.can_evict_for(newcomer); }
  // Everything that waits or is prepared.
  std::vector<JobHandle> take_all();

  std::size_t waiting() const { return queue_.size(); }
  // What a job took beyond what its principal was charged.
  void correct(Principal& principal, Duration difference) { queue_.correct(principal, difference); }

 private:
  void want_batch(Lane& lane, std::size_t prepared) const;
  bool is_due(const Lane& lane, Instant time, Instant& wait_until) const;
  void take_batch(Lane& lane, Instant time, Task& task, std::vector<JobHandle>& late);
  void put(Lane& lane, JobHandle job, Instant time);
  static void left_queue(const Job& job) { --job.lane->waiting; }

  std::function<bool(Job&, Instant)> choose_;
  FairQueue queue_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Lane*> gathering_;  // lanes with prepared jobs
};

}  // namespace sluice::server
