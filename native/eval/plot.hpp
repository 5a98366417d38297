// The picture of `sluice eval --plot`: at each calibrated target, the agreement that was kept with its interval against the
// agreement that was asked for, and the frames skipped against the most that could be. Pure functions.
#pragma once

#include <span>
#include <string>

#include "native/eval/report.hpp"

namespace sluice::eval {

// An SVG of 760 x 330 units, readable on light and dark pages. `points`: growing targets, at least one.
std::string promise_plot(const Measurement& measurement, const ReportSubject& subject,
                         std::span<const pipeline::OperatingPoint> points);

}  // namespace sluice::eval
