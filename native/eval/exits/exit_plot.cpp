#include "native/eval/exits/exit_plot.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "native/eval/append_format.hpp"
#include "native/eval/svg_text.hpp"

namespace sluice::eval {
namespace {

constexpr double kPanelWidth = 440;  // with its margins
constexpr double kLeft = 56;
constexpr double kTop = 44;
constexpr double kWidth = 364;
constexpr double kHeight = 260;
constexpr double kKeyTop = 62;  // below the axis
constexpr double kKeyStep = 18;
constexpr double kShownLoss = 0.1;
constexpr int kColours = 12;

constexpr const char* kStyle = R"(<style>
.page{fill:#fff}text{font:12px system-ui,sans-serif;fill:#1f2933}.title{font-weight:600;font-size:14px}.tick,.note{fill:#65717d}
.grid{stroke:#d5dbe1;fill:none}.level{stroke:#65717d;stroke-dasharray:5 4;fill:none}.line{stroke-width:2;fill:none}
.c0{--c:#0b7285}.c1{--c:#e8590c}.c2{--c:#5f3dc4}.c3{--c:#2f9e44}.c4{--c:#c2255c}.c5{--c:#1971c2}.c6{--c:#b08900}.c7{--c:#868e96}
.c8{--c:#9c36b5}.c9{--c:#099268}.c10{--c:#d6336c}.c11{--c:#495057}.line{stroke:var(--c)}.dot{fill:var(--c)}
@media(prefers-color-scheme:dark){.page{fill:#14191f}text{fill:#e4e8ec}.tick,.note{fill:#9aa5b1}.grid{stroke:#3a444e}
.c0{--c:#3bc9db}.c1{--c:#ff922b}.c2{--c:#b197fc}.c3{--c:#69db7c}.c4{--c:#f783ac}.c5{--c:#74c0fc}.c11{--c:#ced4da}}
</style>
)";

// A step of 1, 2 or 5 times a power of ten, at most six of which reach `most`.
double tick_step(double most) {
  const double ten = std::pow(10, std::floor(std::log10(most / 6)));
  for (const double step : {ten, 2 * ten, 5 * ten}) {
    if (most / step <= 6) return step;
  }
  return 10 * ten;
}

// Where things stand in one panel, whose corner is at (x0, y0).
class Axes {
 public:
  Axes(const ExitPanel& panel, double x0, double y0) : x0_(x0 + kLeft), y0_(y0 + kTop) {
    double highest = panel.level;
    double lowest = panel.level;
    for (const PlottedLine& line : panel.lines) {
      for (const PlottedPoint& point : line.points) {
        most_ = std::max(most_, point.cost);
        highest = std::max(highest, point.accuracy);
        lowest = std::min(lowest, point.accuracy);
      }
    }
    if (most_ <= 0) most_ = 1;
    most_ *= 1.05;
    bottom_ = std::floor(100 * std::max(lowest, panel.level - kShownLoss));
    top_ = std::max(std::ceil(100 * highest + 1e-9), bottom_ + 1);
  }

  double x(double cost) const { return x0_ + cost / most_ * kWidth; }
  double y(double accuracy) const { return y0_ + (top_ - 100 * accuracy) / (top_ - bottom_) * kHeight; }
  bool shows(double accuracy) const { return 100 * accuracy >= bottom_ - 1e-9; }
  double bottom() const { return bottom_ / 100; }
  double left() const { return x0_; }
  double below() const { return y0_ + kHeight; }

  void draw(std::string& svg, const ExitPanel& panel) const {
    append_format(svg, "<text class=\"title\" x=\"%.1f\" y=\"%.1f\">", x0_ - 36, y0_ - 18);
    svg += svg_text(panel.title) + "</text>\n";
    const double up = top_ - bottom_ > 6 ? 2 : 1;
    for (double tick = bottom_; tick <= top_ + 1e-9; tick += up) {
      append_format(svg, "<path class=\"grid\" d=\"M%.1f %.1fh%.1f\"/>", x0_, y(tick / 100), kWidth);
      append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g %%</text>\n", x0_ - 6,
                    y(tick / 100) + 4, tick);
    }
    const double step = tick_step(most_);
    for (double tick = 0; tick <= most_; tick += step) {
      append_format(svg, "<path class=\"grid\" d=\"M%.1f %.1fv%.1f\"/>", x(tick), y0_, kHeight);
      append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g</text>\n", x(tick),
                    below() + 17, tick);
    }
    append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x0_ + kWidth / 2,
                  below() + 36);
    svg += svg_text(panel.unit) + "</text>\n";
    append_format(svg, "<path class=\"level\" d=\"M%.1f %.1fh%.1f\"/>", x0_, y(panel.level), kWidth);
  }

 private:
  double x0_, y0_;
  double most_ = 0;
  double bottom_ = 0;  // per cent
  double top_ = 100;
};

void draw_line(std::string& svg, const Axes& axes, const PlottedLine& line, int colour) {
  append_format(svg, "<path class=\"line c%d\" d=\"", colour);
  const char* to = "M";
  for (std::size_t i = 0; i < line.points.size(); ++i) {
    const PlottedPoint& point = line.points[i];
    if (axes.shows(point.accuracy)) {
      append_format(svg, "%s%.1f %.1f", std::exchange(to, "L"), axes.x(point.cost), axes.y(point.accuracy));
    } else if (i + 1 < line.points.size() && axes.shows(line.points[i + 1].accuracy)) {
      // Where the line comes up through the floor.
      const PlottedPoint& next = line.points[i + 1];
      const double share = (axes.bottom() - point.accuracy) / (next.accuracy - point.accuracy);
      append_format(svg, "M%.1f %.1f", axes.x(point.cost + share * (next.cost - point.cost)), axes.y(axes.bottom()));
      to = "L";
    } else {
      to = "M";
    }
  }
  svg += "\"/>\n";
  for (const PlottedPoint& point : line.points) {
    if (!axes.shows(point.accuracy)) continue;
    append_format(svg, "<circle class=\"dot c%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>", colour, axes.x(point.cost),
                  axes.y(point.accuracy));
    svg += svg_text(line.name + (point.note.empty() ? "" : ", " + point.note));
    append_format(svg, ": %.3g, %.2f %%</title></circle>\n", point.cost, 100 * point.accuracy);
  }
}

void draw_key(std::string& svg, const Axes& axes, const PlottedLine& line, std::size_t number, int colour) {
  const double x = axes.left() - 36 + (number % 2 == 0 ? 0 : kPanelWidth / 2 - 6);
  const double y = axes.below() + kKeyTop + kKeyStep * static_cast<double>(number / 2);
  append_format(svg, "<path class=\"line c%d\" d=\"M%.1f %.1fh16\"/>", colour, x, y - 4);
  append_format(svg, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">", x + 22, y);
  svg += svg_text(line.name) + "</text>\n";
}

// Of a row of two panels, below the keys of the fuller one.
double row_height(std::span<const ExitPanel> row) {
  std::size_t lines = 0;
  for (const ExitPanel& panel : row) lines = std::max(lines, panel.lines.size());
  return kTop + kHeight + kKeyTop + kKeyStep * static_cast<double>((lines + 1) / 2);
}

}  // namespace

std::string exit_plot(std::span<const ExitPanel> panels) {
  std::string drawn;
  double y0 = 0;
  for (std::size_t first = 0; first < panels.size(); first += 2) {
    const auto row = panels.subspan(first, std::min<std::size_t>(2, panels.size() - first));
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Axes axes(row[i], static_cast<double>(i) * kPanelWidth, y0);
      axes.draw(drawn, row[i]);
      for (std::size_t line = 0; line < row[i].lines.size(); ++line) {
        const int colour = static_cast<int>(line) % kColours;
        draw_line(drawn, axes, row[i].lines[line], colour);
        draw_key(drawn, axes, row[i].lines[line], line, colour);
      }
    }
    y0 += row_height(row);
  }
  std::string svg;
  const double width = 2 * kPanelWidth;
  append_format(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\">\n",
                width, y0, width, y0);
  svg += kStyle;
  append_format(svg, "<rect class=\"page\" width=\"%g\" height=\"%g\"/>\n", width, y0);  // whatever page it is shown on
  return svg + drawn + "</svg>\n";
}

}  // namespace sluice::eval
