// The picture of `sluice eval --plot` for a bundle in two halves: how often each system is right against the bytes that it sends, a line
// for each system and coder. Pure functions.
#pragma once

#include <span>
#include <string>

#include "native/eval/split/system_points.hpp"

namespace sluice::eval {

struct SplitPlotSubject {
  std::string title;
  double full_accuracy = 0;
};

// An SVG of 760 x 440 units, readable on light and dark pages; bytes on a logarithmic scale. What is right without a byte, and the full
// model, are levels across it. A line goes along the points that are right more often than all with fewer bytes. At most sixteen lines
// have a colour of their own; further ones share them.
std::string split_plot(const SplitPlotSubject& subject, std::span<const SystemPoint> points);

}  // namespace sluice::eval
