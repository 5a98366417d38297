#include "native/eval/exits/exit_report.hpp"

#include <algorithm>
#include <numeric>

#include "native/eval/append_format.hpp"

namespace sluice::eval {
namespace {

void append_exits(std::string& text, const ExitMeasurement& measured, const ExitReport& report) {
  text += "  exit  at                          branch     of the model before it   alone right\n";
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < report.places.size(); ++i) {
    before += measured.costs.stretches[i];
    std::size_t right = 0;
    for (const ExitAnswer& answer : measured.profile.exits[i]) right += answer.right ? 1 : 0;
    append_format(text, "  %4zu  %-24s %9llu  %22.1f %%  %10.2f %%\n", i + 1, report.places[i].tensor.c_str(),
                  static_cast<unsigned long long>(measured.costs.branches[i]),
                  100 * over_model(measured, static_cast<double>(before)),
                  100 * static_cast<double>(right) / static_cast<double>(measured.profile.inputs()));
  }
  append_format(text, "  all branches: %.2f %% of the model's %llu multiply-adds; the model: %.2f %% right\n",
                100 * over_model(measured, static_cast<double>(measured.costs.all_branches())),
                static_cast<unsigned long long>(measured.costs.model()), 100 * full_accuracy(measured));
}

// Of the point that the target takes.
void append_times(std::string& text, const char* where, const ExitReport& report,
                  const std::optional<ExitTimes>& times) {
  if (!report.chosen || !times) return;
  const double exits = times->points_ms[*report.chosen];
  append_format(text, "\nOne thread, %s: %.3f ms whole, %.3f ms with exits (%.1f %%)\n", where, times->whole_ms, exits,
                100 * exits / times->whole_ms);
}

}  // namespace

double full_accuracy(const ExitMeasurement& measured) {
  const auto& right = measured.profile.full_right;
  return static_cast<double>(std::accumulate(right.begin(), right.end(), std::uint64_t{0})) /
         static_cast<double>(std::max<std::size_t>(right.size(), 1));
}

double over_model(const ExitMeasurement& measured, double multiply_adds) {
  return multiply_adds / static_cast<double>(measured.costs.model());
}

std::string exit_table(const ExitMeasurement& measured, const ExitReport& report) {
  std::string text;
  append_format(text, "%s on %s, %zu pictures%s\n\n", report.bundle.c_str(), report.data.c_str(),
                measured.profile.inputs(),
                report.labelled ? "" : "; there are no labels: right is what the model answers");
  append_exits(text, measured, report);
  text += "\n  target  agreement       right  multiply-adds  leave at each exit, and at the end (%)\n";
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    const ExitsAtTarget& point = report.points[i];
    append_format(text, "  %6.4g  %7.2f %%  %8.2f %%  %11.1f %%  ", point.target, 100 * point.replayed.agreement,
                  100 * point.replayed.accuracy, 100 * over_model(measured, point.replayed.multiply_adds));
    for (const double share : point.replayed.shares) append_format(text, "%.1f ", 100 * share);
    text += report.chosen == i ? " <- this target\n" : "\n";
  }
  if (!report.chosen) {
    append_format(text, "\nNo point promises a target of %g: the model runs whole\n", report.target);
  }
  append_times(text, "natively", report, report.times);
  append_times(text, "in WebAssembly", report, report.wasm_times);
  if (report.cut) text += "\nAll of that on one device\n";
  return text;
}

}  // namespace sluice::eval
