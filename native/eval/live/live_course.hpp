// A stream through the real client (core/pipeline/client.hpp) with a bundle's real questions, frame by frame in time order, and with the recorded
// results of its full model: what was answered without it, what was audited, and how often such answers were wrong, which the client itself learns
// from audits alone. Pure; the same course for the same seed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "native/eval/live/live_streams.hpp"
#include "native/eval/measurement.hpp"

namespace sluice::eval {

// At some frame, of all frames up to it.
struct CourseMark {
  std::size_t frame = 0;
  double saved = 0;      // share
  double agreement = 1;  // as it is
  double estimated = 1;  // as the promise knows it
  double proven_low = 0;
  double proven_high = 1;
  float threshold = 0;  // of SKIP
  std::uint64_t alarms = 0;
};

struct LiveCourse {
  std::size_t frames = 0;
  std::size_t answered = 0;  // without the model
  std::size_t wrong = 0;     // of them
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
  // The most that could be: by SKIP alone what is redundant, and the errors allowed; with REUSE every frame.
  double optimal_rate(double target) const;
  bool reuse = false;  // was asked as well
};

struct LiveSetting {
  double target = 0.9;
  std::uint64_t seed = 1;
  bool live = true;  // false: by the calibrated thresholds, without audits
  bool reuse = true;
  std::size_t marks = 100;
};

// `measurement`: that the stream's frames are of. Errors as make_recorded_gate()'s and the client's.
Result<LiveCourse> run_course(const pipeline::Manifest& bundle, const Measurement& measurement,
                              const LiveStream& stream, const LiveSetting& setting);

}  // namespace sluice::eval
