// An upstream that seems too far away for every request would be asked nothing, and nothing could show that it has come nearer. So one
// of the requests that the estimate would refuse is passed on all the same now and then, at most one at a time, after pauses that double
// as long as none of them is answered in time. No clock; one thread at a time.
#pragma once

#include <algorithm>
#include <chrono>

#include "core/base/time.hpp"
#include "server/upstream/way_estimate.hpp"

namespace sluice::server {

struct Job;

class WayProbe {
 public:
  bool is(const Job& job) const { return job_ == &job; }
  bool may_begin(Instant now) const { return job_ == nullptr && now >= next_; }
  void begin(const Job& job, Instant now) {
    job_ = &job;
    next_ = now + pause_;
    pause_ = std::min(2 * pause_, kLongestPause);
  }
  // It was answered in time.
  void succeeded() { pause_ = kFirstPause; }
  // Nothing, where the job is another.
  void ended(const Job& job) {
    if (is(job)) job_ = nullptr;
  }
  // When it is worth while to ask again.
  Instant next(Instant now) const { return std::max(next_, now + kFirstPause); }

 private:
  static constexpr Duration kFirstPause = std::chrono::milliseconds(200);
  static constexpr Duration kLongestPause = std::chrono::milliseconds(3200);

  const Job* job_ = nullptr;  // only compared
  Instant next_ = Instant::min();
  Duration pause_ = kFirstPause;
};

// The way to the upstream, whichever of its connections a request takes.
struct Way {
  WayEstimate estimate;
  WayProbe probe;
};

}  // namespace sluice::server
