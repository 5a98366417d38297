#include "native/eval/plot.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "native/eval/append_format.hpp"
#include "native/eval/summary.hpp"
#include "native/eval/svg_text.hpp"

namespace sluice::eval {
namespace {

// What is asked for lies on the x axis in either panel: targets in per cent.
class Panel {
 public:
  Panel(double left, double x_low, double y_low, double y_high)
      : left_(left), x_low_(x_low), y_low_(y_low), y_high_(y_high) {}

  double x(double percent) const { return left_ + (percent - x_low_) / (100 - x_low_) * kWidth; }
  double y(double percent) const {
    return kTop + (y_high_ - std::clamp(percent, y_low_, y_high_)) / (y_high_ - y_low_) * kHeight;
  }

  void draw_axes(std::string& svg, const char* title, double x_step, double y_step) const {
    append_format(svg, "<text class=\"head\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", left_, kTop - 14, title);
    for (double tick = y_low_; tick <= y_high_ + 1e-9; tick += y_step) {
      append_format(svg, "<path class=\"grid\" d=\"M%.1f %.1fh%.1f\"/>", left_, y(tick), kWidth);
      append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g %%</text>\n", left_ - 6,
                    y(tick) + 4, tick);
    }
    for (double tick = x_low_; tick <= 100 + 1e-9; tick += x_step) {
      append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g %%</text>\n", x(tick),
                    kTop + kHeight + 18, tick);
    }
    append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">agreement asked for</text>\n",
                  left_ + kWidth / 2, kTop + kHeight + 38);
  }

  static constexpr double kTop = 78;
  static constexpr double kWidth = 290;
  static constexpr double kHeight = 196;

 private:
  double left_;
  double x_low_;
  double y_low_;
  double y_high_;
};

constexpr const char* kStyle = R"(<style>
.page{fill:#fff}text{font:12px system-ui,sans-serif;fill:#1f2933}
.title{font-weight:600;font-size:15px}.head{font-weight:600}.tick,.note{fill:#65717d}
.grid{stroke:#d5dbe1;fill:none}.broken{fill:#d64545;fill-opacity:.12}.limit{stroke:#d64545;stroke-width:1.5;fill:none}
.kept{stroke:#1f2933;stroke-width:2;fill:none}.dot{fill:#1f2933}.most{stroke:#65717d;stroke-width:1.5;stroke-dasharray:5 4;fill:none}
.skipped{fill:#0b7285;fill-opacity:.75}.reused{fill:#e8890c;fill-opacity:.6}
@media(prefers-color-scheme:dark){.page{fill:#14191f}text{fill:#e4e8ec}.tick,.note{fill:#9aa5b1}.grid{stroke:#3a444e}
.kept{stroke:#e4e8ec}.dot{fill:#e4e8ec}.most{stroke:#9aa5b1}.skipped{fill:#22a6b8}.reused{fill:#f2a33a}}
</style>
)";

double in_percent(double share) { return 100 * share; }
// 0.97 as a float is 96.99999 %.
double asked_percent(double target) { return std::round(target * 1000) / 10; }

// The area between two lines through the same targets.
std::string area(const char* name, const std::vector<std::pair<double, double>>& lower,
                 const std::vector<std::pair<double, double>>& upper) {
  std::string svg = std::string("<path class=\"") + name + "\" d=\"";
  for (const auto& [x, y] : upper) append_format(svg, "%s%.1f %.1f", &x == &upper.front().first ? "M" : "L", x, y);
  for (auto at = lower.rbegin(); at != lower.rend(); ++at) append_format(svg, "L%.1f %.1f", at->first, at->second);
  return svg + "z\"/>\n";
}

std::string line(const char* name, const std::vector<std::pair<double, double>>& points) {
  std::string svg = std::string("<path class=\"") + name + "\" d=\"";
  for (const auto& [x, y] : points) append_format(svg, "%s%.1f %.1f", &x == &points.front().first ? "M" : "L", x, y);
  return svg + "\"/>\n";
}

void draw_kept(std::string& svg, const Panel& panel, double low_x, double low_y, double confidence,
               std::span<const PlottedTarget> targets) {
  const double corner = std::max(low_x, low_y);
  append_format(svg, "<path class=\"broken\" d=\"M%.1f %.1fL%.1f %.1fV%.1fH%.1fz\"/>", panel.x(low_x), panel.y(corner),
                panel.x(100), panel.y(100), panel.y(low_y), panel.x(low_x));
  append_format(svg, "<path class=\"limit\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", panel.x(low_x), panel.y(corner),
                panel.x(100), panel.y(100));
  append_format(svg, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">promise broken</text>\n",
                panel.x(100) - 8, panel.y(low_y) - 10);
  for (const PlottedTarget& one : targets) {
    const auto interval = agreement_interval(one.score, confidence);
    const double x = panel.x(in_percent(one.target));
    append_format(svg, "<path class=\"kept\" d=\"M%.1f %.1fV%.1f\"/>", x, panel.y(in_percent(interval.low)),
                  panel.y(in_percent(interval.high)));
    append_format(
        svg,
        "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>asked %g %%, kept %.1f %%</title></circle>\n", x,
        panel.y(in_percent(one.score.agreement())), asked_percent(one.target), in_percent(one.score.agreement()));
  }
}

void draw_answered(std::string& svg, const Panel& panel, bool reuses, std::span<const PlottedTarget> targets) {
  std::vector<std::pair<double, double>> bottom;
  std::vector<std::pair<double, double>> skipped;
  std::vector<std::pair<double, double>> answered;
  std::vector<std::pair<double, double>> most;
  for (const PlottedTarget& one : targets) {
    const double x = panel.x(in_percent(one.target));
    bottom.emplace_back(x, panel.y(0));
    skipped.emplace_back(x, panel.y(in_percent(one.score.skip_rate())));
    answered.emplace_back(x, panel.y(in_percent(one.score.filter_rate())));
    most.emplace_back(x, panel.y(in_percent(one.score.optimal_rate(one.target))));
  }
  svg += area("skipped", bottom, skipped);
  if (reuses) svg += area("reused", skipped, answered);
  svg += line("kept", answered) + line("most", most);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Score& score = targets[i].score;
    append_format(svg, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>asked %g %%, skipped %.1f %%",
                  answered[i].first, answered[i].second, asked_percent(targets[i].target),
                  in_percent(score.skip_rate()));
    if (reuses) append_format(svg, ", reused %.1f %%", in_percent(score.reuse_rate()));
    svg += "</title></circle>\n";
  }
}

// What the colours of the right panel are.
void draw_key(std::string& svg, double x, double y, bool reuses) {
  const auto swatch = [&](const char* name, const char* text, double width) {
    append_format(svg, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"12\"/>", name, x, y - 10);
    append_format(svg, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", x + 18, y, text);
    x += width;
  };
  swatch("skipped", "skipped", 78);
  if (reuses) swatch("reused", "reused", 74);
  append_format(svg, "<path class=\"most\" d=\"M%.1f %.1fh22\"/>", x, y - 4);
  append_format(svg, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">had it known the results</text>\n", x + 28, y);
}

}  // namespace

std::string promise_plot(const ReportSubject& subject, std::span<const PlottedTarget> targets) {
  const double asked_low = std::floor(targets.front().target * 20 + 1e-6) * 5;
  double lowest = asked_low;
  for (const PlottedTarget& one : targets) {
    lowest = std::min(lowest, in_percent(agreement_interval(one.score, subject.confidence).low));
  }
  const double kept_low = std::max(0.0, std::floor(lowest / 5) * 5);
  const Panel kept(64, asked_low, kept_low, 100);
  const Panel answered(438, asked_low, 0, 100);
  const auto step = [](double low) { return 100 - low > 25 ? 10.0 : 5.0; };

  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 362\" width=\"760\" height=\"362\">\n";
  svg += kStyle;
  svg += "<rect class=\"page\" width=\"760\" height=\"362\"/>\n";  // whatever page it is shown on
  svg += "<text class=\"title\" x=\"20\" y=\"26\">" + svg_text(subject.bundle) + " on " + svg_text(subject.data) +
         ", " + std::to_string(targets.front().score.frames) + " frames</text>\n";
  kept.draw_axes(svg, "Agreement kept", step(asked_low), step(kept_low));
  draw_kept(svg, kept, asked_low, kept_low, subject.confidence, targets);
  answered.draw_axes(svg, "Frames answered without the model", step(asked_low), 20);
  draw_answered(svg, answered, subject.reuses, targets);
  draw_key(svg, 404, 346, subject.reuses);
  svg += "</svg>\n";
  return svg;
}

}  // namespace sluice::eval
