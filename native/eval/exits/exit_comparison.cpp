#include "native/eval/exits/exit_comparison.hpp"

#include <algorithm>
#include <array>

#include "native/eval/append_format.hpp"
#include "native/eval/exits/cost_curve.hpp"

namespace sluice::eval {
namespace {

constexpr std::array kLosses{0.0, kComparedLoss, 0.01, 0.02, 0.04};
constexpr double kMillion = 1e6;
constexpr double kMegabyte = 1e6;

// The dearest of a curve says all: a bag's points hold the same models.
void append_memory(std::string& text, std::optional<double> bytes, std::optional<double> load_ms) {
  bytes ? append_format(text, "  %9.1f", *bytes / kMegabyte) : append_format(text, "  %9s", "-");
  load_ms ? append_format(text, "  %11.2f\n", *load_ms) : append_format(text, "  %11s\n", "-");
}

void append_row(std::string& text, const std::string& name, std::span<const ExitSystemPoint> points, double backbone,
                double whole) {
  append_format(text, "  %-30s", name.c_str());
  for (const double loss : kLosses) {
    const auto cost = cost_at(points, backbone - loss);
    cost ? append_format(text, "  %6.1f", 100 * *cost / whole) : append_format(text, "  %6s", "-");
  }
  const auto best = std::ranges::max_element(points, {}, &ExitSystemPoint::accuracy);
  append_format(text, "  %7.2f %% at %5.1f", 100 * best->accuracy, 100 * best->multiply_adds / whole);
  append_memory(text, best->weights_bytes, best->load_ms);
}

PlottedLine line_of(const std::string& name, std::span<const ExitSystemPoint> points) {
  PlottedLine line{name, {}};
  for (const ExitSystemPoint& point : points) {
    line.points.push_back({point.multiply_adds / kMillion, point.accuracy, point.variant});
  }
  return line;
}

PlottedLine timed_line(const std::string& name, const ExitReport& report, const ExitTimes& times) {
  PlottedLine line{name, {}};
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    std::string note;
    append_format(note, "target %g", report.points[i].target);
    line.points.push_back({times.points_ms[i], report.points[i].replayed.accuracy, std::move(note)});
  }
  std::ranges::stable_sort(line.points, {}, &PlottedPoint::cost);
  return line;
}

}  // namespace

std::vector<ExitSystemPoint> own_exit_points(const ExitReport& report) {
  std::vector<ExitSystemPoint> points;
  for (const ExitsAtTarget& one : report.points) {
    std::string variant;
    append_format(variant, "target %g", one.target);
    points.push_back({kOwnExitSystem,
                      {},
                      std::move(variant),
                      one.replayed.accuracy,
                      one.replayed.multiply_adds,
                      report.weights_bytes,
                      std::nullopt});
  }
  std::ranges::stable_sort(points, {}, &ExitSystemPoint::multiply_adds);
  return points;
}

std::string comparison_table(const ExitMeasurement& measured, const ExitReport& report) {
  if (report.every > 1)
    return "\nOther systems are left out: their points are of all pictures, these figures of one in " +
           std::to_string(report.every) + "\n";
  if (report.others.empty()) return {};
  const double backbone = full_accuracy(measured);
  const auto whole = static_cast<double>(measured.costs.model());
  std::string text = "\nMultiply-adds, in % of the backbone's, where its accuracy is kept but for so many points\n\n";
  append_format(text, "  %-30s", "system");
  for (const double loss : kLosses) append_format(text, "  %6g", 100 * loss);
  append_format(text, "  %18s  %9s  %11s\n", "most right", "memory MB", "loading ms");
  const auto own = own_exit_points(report);
  if (!own.empty()) append_row(text, kOwnExitSystem, own, backbone, whole);
  for (const ExitCurve& curve : curves_of(report.others, report.backbone)) {
    append_row(text, curve.name, curve.points, backbone, whole);
  }
  text +=
      "\n  Lines between measured points; a dash: never so often right. Memory: weights of all networks as our engine "
      "holds them.\n"
      "  Loading: mean of a picture, where one model of a bag is in memory at a time. The oracle knows which model "
      "will be right: an\n"
      "  upper bound. Published networks: as published, of their own training.\n";
  return text;
}

std::vector<ExitPanel> exit_panels(const ExitMeasurement& measured, const ExitReport& report) {
  const double backbone = full_accuracy(measured);
  ExitPanel costs{report.bundle, "million multiply-adds an input", backbone, {}};
  costs.lines.push_back(line_of(kOwnExitSystem, own_exit_points(report)));
  for (const ExitCurve& curve : curves_of(report.others, report.backbone)) {
    costs.lines.push_back(line_of(curve.name, curve.points));
  }
  ExitPanel times{"the same, timed", "milliseconds an input, one thread", backbone, {}};
  const auto add = [&](const std::string& name, const std::optional<ExitTimes>& measured_times) {
    if (!measured_times) return;
    times.lines.push_back(timed_line(name + ", exits", report, *measured_times));
    times.lines.push_back({name + ", whole", {{measured_times->whole_ms, backbone, ""}}});
  };
  add("native", report.times);
  add("WebAssembly", report.wasm_times);
  return {std::move(costs), std::move(times)};
}

}  // namespace sluice::eval
