// The picture of `sluice eval --plot` for bundles with early exits: how often systems are right against what an input costs them. Pure
// functions.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace sluice::eval {

struct PlottedPoint {
  double cost = 0;
  double accuracy = 0;
  std::string note;  // shown where a pointer rests on it
};
struct PlottedLine {
  std::string name;
  std::vector<PlottedPoint> points;  // growing in cost
};
struct ExitPanel {
  std::string title;
  std::string unit;  // of the costs
  double level = 0;  // the backbone's accuracy, drawn across
  std::vector<PlottedLine> lines;
};

// An SVG of a row for each pair of panels, readable on light and dark pages, costs from 0 on. Of points more than ten per cent below
// the level only the line towards them is drawn. At most twelve lines of a panel have a colour of their own.
std::string exit_plot(std::span<const ExitPanel> panels);

}  // namespace sluice::eval
