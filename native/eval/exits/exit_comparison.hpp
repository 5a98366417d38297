// A bundle's exits beside other systems on the same backbone, as text and as what is plotted. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "native/eval/exits/exit_plot.hpp"
#include "native/eval/exits/exit_points.hpp"
#include "native/eval/exits/exit_report.hpp"

namespace sluice::eval {

// The bundle's points as they did on the measured inputs, growing in cost.
std::vector<ExitSystemPoint> own_exit_points(const ExitReport& report);

// What each system costs at the backbone's accuracy less some points, and what it holds in memory. Empty without others; of a part of the pictures a line that
// says why they are left out.
std::string comparison_table(const ExitMeasurement& measured, const ExitReport& report);

// Accuracy against multiply-adds, and against milliseconds as far as they were measured.
std::vector<ExitPanel> exit_panels(const ExitMeasurement& measured, const ExitReport& report);

}  // namespace sluice::eval
