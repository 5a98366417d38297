// A stream through the live promise (core/promise/live_promise.hpp), frame by frame in time order: what it skipped and ran, what it audited, and
// how often what it skipped was needed, which the promise itself learns from audits alone. SKIP alone. Pure; the same course for the same
// seed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/promise/live_promise.hpp"
#include "native/eval/live/live_streams.hpp"

namespace sluice::eval {

// At some frame, of all frames up to it.
struct CourseMark {
  std::size_t frame = 0;
  double saved = 0;      // share
  double agreement = 1;  // as it is
  double estimated = 1;  // as the promise knows it
  double proven_low = 0;
  double proven_high = 1;
  float threshold = 0;
  std::uint64_t alarms = 0;
};

struct LiveCourse {
  std::size_t frames = 0;
  std::size_t skipped = 0;
  std::size_t missed = 0;  // skipped although needed
  std::size_t audits = 0;
  std::size_t redundant = 0;
  std::uint64_t alarms = 0;
  bool proven_held = true;  // what was proven at the end is so
  // Until the first stretch of 50 frames was over in which half of what could be saved was; all where there is none.
  std::size_t frames_to_half_of_gain = 0;
  std::vector<CourseMark> marks;

  double agreement() const;
  double audit_rate() const;
  // Runs of the model that were saved: an audited frame is a run.
  double saved_rate() const;
  double optimal_rate(double target) const;  // all that is redundant, and the errors allowed
};

struct LiveSetting {
  double target = 0.9;
  std::uint64_t seed = 1;
  float begins = 0;                      // the threshold of the first frames
  std::uint32_t audit_delay_frames = 0;  // from an answer to its audit's result
  std::size_t marks = 100;
};

Result<LiveCourse> run_live(std::span<const ScoredFrame> stream, const LiveSetting& setting);

// The same frames at one threshold, whatever happens; `saved_rate()` is its skip rate.
LiveCourse run_static(std::span<const ScoredFrame> stream, float threshold);

}  // namespace sluice::eval
