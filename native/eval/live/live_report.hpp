// What a bundle's live promise did on many streams, as a table, a line of JSON, and a picture of one stream's course. Pure functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "native/eval/live/live_course.hpp"

namespace sluice::eval {

struct LiveAtTarget {
  double target = 0;
  std::vector<LiveCourse> live;   // a course for each stream
  std::vector<LiveCourse> still;  // the same streams at the bundle's calibrated thresholds
};

struct LiveSubject {
  std::string bundle;  // name and version
  std::string data;
  std::size_t clips = 0;
  std::size_t stream_frames = 0;
  bool reuse = false;  // is asked as well
};

std::string live_table(const LiveSubject& subject, std::span<const LiveAtTarget> targets);

// One object: bundle, stream_frames, and "targets", an array with target, live_filter_rate (runs of the model that were saved), static_filter_rate,
// optimal_rate, live_agreement, static_agreement (means over the streams), live_over_optimal_worst, audit_rate, frames_to_half_of_gain
// (median), violations (streams below target), unproven (streams of which what was proven is not so) and runs.
std::string live_json(const LiveSubject& subject, std::span<const LiveAtTarget> targets);

// An SVG of 760 x 436 units of the first stream at this target, readable on light and dark pages: the agreement as it is, as it is estimated and
// proven, against what was asked for; what was saved against the most that could be; the threshold; alarms.
std::string live_plot(const LiveSubject& subject, const LiveAtTarget& at);

}  // namespace sluice::eval
