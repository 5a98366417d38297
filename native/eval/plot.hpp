// The picture of `sluice eval --plot`: at each calibrated target, the agreement that was kept with its interval against the
// agreement that was asked for, and what SKIP and REUSE answered without the model against the most that could be. Pure functions.
#pragma once

#include <span>
#include <string>

#include "native/eval/report.hpp"

namespace sluice::eval {

struct PlottedTarget {
  double target = 0;  // the agreement asked for, of all questions together
  Score score;        // of all frames
};

// An SVG of 760 x 362 units, readable on light and dark pages. `targets`: growing, at least one.
std::string promise_plot(const ReportSubject& subject, std::span<const PlottedTarget> targets);

}  // namespace sluice::eval
