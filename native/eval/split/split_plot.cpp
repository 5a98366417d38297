#include "native/eval/split/split_plot.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "native/eval/append_format.hpp"
#include "native/eval/svg_text.hpp"

namespace sluice::eval {
namespace {

constexpr double kLeft = 64;
constexpr double kTop = 56;
constexpr double kWidth = 440;
constexpr double kHeight = 316;
constexpr double kKeyX = 524;
constexpr int kColours = 16;

constexpr const char* kStyle = R"(<style>
.page{fill:#fff}text{font:12px system-ui,sans-serif;fill:#1f2933}.title{font-weight:600;font-size:15px}.tick,.note{fill:#65717d}
.grid{stroke:#d5dbe1;fill:none}.level{stroke:#65717d;stroke-dasharray:5 4;fill:none}.line{stroke-width:2;fill:none}
.c0{--c:#0b7285}.c1{--c:#e8590c}.c2{--c:#5f3dc4}.c3{--c:#2f9e44}.c4{--c:#c2255c}.c5{--c:#1971c2}.c6{--c:#b08900}.c7{--c:#868e96}
.c8{--c:#9c36b5}.c9{--c:#099268}.c10{--c:#d6336c}.c11{--c:#495057}
.c12{--c:#846358}.c13{--c:#66a80f}.c14{--c:#364fc7}.c15{--c:#f08c00}.line{stroke:var(--c)}.dot{fill:var(--c)}
@media(prefers-color-scheme:dark){.page{fill:#14191f}text{fill:#e4e8ec}.tick,.note{fill:#9aa5b1}.grid{stroke:#3a444e}
.c0{--c:#3bc9db}.c1{--c:#ff922b}.c2{--c:#b197fc}.c3{--c:#69db7c}.c4{--c:#f783ac}.c5{--c:#74c0fc}.c11{--c:#ced4da}.c14{--c:#91a7ff}}
</style>
)";

// One system with one coder, from its least bytes to its most.
struct Line {
  std::string name;
  std::vector<SystemPoint> points;
};

std::vector<Line> lines_of(std::span<const SystemPoint> points) {
  std::vector<Line> lines;
  for (const SystemPoint& point : points) {
    if (point.bytes <= 0) continue;  // a level
    const std::string name = point.coder.empty() ? point.system : point.system + ", " + point.coder;
    auto line = std::ranges::find(lines, name, &Line::name);
    if (line == lines.end()) line = lines.insert(lines.end(), {name, {}});
    line->points.push_back(point);
  }
  for (Line& line : lines) std::ranges::sort(line.points, {}, &SystemPoint::bytes);
  return lines;
}

class Axes {
 public:
  explicit Axes(const std::vector<Line>& lines, std::span<const SystemPoint> points, double full_accuracy) {
    double least = 1e15;
    double most = 1;
    for (const Line& line : lines) {
      least = std::min(least, line.points.front().bytes);
      most = std::max(most, line.points.back().bytes);
    }
    low_ = std::log10(std::min(least, most)) - 0.05;
    high_ = std::log10(most) + 0.05;
    double lowest = full_accuracy;
    double highest = full_accuracy;
    for (const SystemPoint& point : points) {
      lowest = std::min(lowest, point.accuracy);
      highest = std::max(highest, point.accuracy);
    }
    bottom_ = std::floor(20 * lowest) * 5;
    top_ = std::min(100.0, std::ceil(20 * highest + 1e-9) * 5);
  }

  double x(double bytes) const { return kLeft + (std::log10(bytes) - low_) / (high_ - low_) * kWidth; }
  double y(double accuracy) const { return kTop + (top_ - 100 * accuracy) / std::max(top_ - bottom_, 1e-9) * kHeight; }

  void draw(std::string& svg) const {
    const double step = top_ - bottom_ > 40 ? 10 : 5;
    for (double tick = bottom_; tick <= top_ + 1e-9; tick += step) {
      append_format(svg, "<path class=\"grid\" d=\"M%.1f %.1fh%.1f\"/>", kLeft, y(tick / 100), kWidth);
      append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g %%</text>\n", kLeft - 6,
                    y(tick / 100) + 4, tick);
    }
    for (double ten = 1; ten < 1e15; ten *= 10) {
      for (const double tick : {ten, 2 * ten, 5 * ten}) {
        if (std::log10(tick) < low_ || std::log10(tick) > high_) continue;
        append_format(svg, "<path class=\"grid\" d=\"M%.1f %.1fv%.1f\"/>", x(tick), kTop, kHeight);
        append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g</text>\n", x(tick),
                      kTop + kHeight + 18, tick);
      }
    }
    append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">bytes a picture</text>\n",
                  kLeft + kWidth / 2, kTop + kHeight + 38);
  }

  void draw_level(std::string& svg, double accuracy, const std::string& name) const {
    append_format(svg, "<path class=\"level\" d=\"M%.1f %.1fh%.1f\"/>", kLeft, y(accuracy), kWidth);
    append_format(svg, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">", kLeft + 6, y(accuracy) - 5);
    svg += svg_text(name) + "</text>\n";
  }

 private:
  double low_ = 0;  // of the bytes' logarithm
  double high_ = 1;
  double bottom_ = 0;  // per cent
  double top_ = 100;
};

// Along the points that are right more often than all with fewer bytes; the others are dots beside it.
void draw_line(std::string& svg, const Axes& axes, const Line& line, int colour) {
  append_format(svg, "<path class=\"line c%d\" d=\"", colour);
  const char* to = "M";
  double most = -1;
  for (const SystemPoint& point : line.points) {
    if (point.accuracy <= most) continue;
    most = point.accuracy;
    append_format(svg, "%s%.1f %.1f", std::exchange(to, "L"), axes.x(point.bytes), axes.y(point.accuracy));
  }
  svg += "\"/>\n";
  for (const SystemPoint& point : line.points) {
    append_format(svg, "<circle class=\"dot c%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>", colour, axes.x(point.bytes),
                  axes.y(point.accuracy));
    svg += svg_text(line.name + ", " + point.variant);
    append_format(svg, ": %.1f bytes, %.2f %%</title></circle>\n", point.bytes, 100 * point.accuracy);
  }
}

}  // namespace

std::string split_plot(const SplitPlotSubject& subject, std::span<const SystemPoint> points) {
  const std::vector<Line> lines = lines_of(points);
  const Axes axes(lines, points, subject.full_accuracy);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 440\" width=\"760\" height=\"440\">\n";
  svg += kStyle;
  svg += "<rect class=\"page\" width=\"760\" height=\"440\"/>\n";  // whatever page it is shown on
  svg += "<text class=\"title\" x=\"20\" y=\"26\">" + svg_text(subject.title) + "</text>\n";
  axes.draw(svg);
  axes.draw_level(svg, subject.full_accuracy, "full model");
  std::vector<std::string> levels;
  for (const SystemPoint& point : points) {
    if (point.bytes > 0 || std::ranges::find(levels, point.system) != levels.end()) continue;
    levels.push_back(point.system);  // each coder of a system has the same
    axes.draw_level(svg, point.accuracy, point.system + " without a byte");
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const int colour = static_cast<int>(i) % kColours;
    draw_line(svg, axes, lines[i], colour);
    const double y = kTop + 10 + 20 * static_cast<double>(i);
    append_format(svg, "<path class=\"line c%d\" d=\"M%.1f %.1fh18\"/>", colour, kKeyX, y - 4);
    append_format(svg, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">", kKeyX + 24, y);
    svg += svg_text(lines[i].name) + "</text>\n";
  }
  svg += "</svg>\n";
  return svg;
}

}  // namespace sluice::eval
