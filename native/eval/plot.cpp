#include "native/eval/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "native/eval/summary.hpp"

namespace sluice::eval {
namespace {

template <typename... Values>
void add(std::string& svg, const char* format, Values... values) {
  std::array<char, 512> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  svg += text.data();
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      default: result += c;
    }
  }
  return result;
}

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
    add(svg, "<text class=\"head\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", left_, kTop - 14, title);
    for (double tick = y_low_; tick <= y_high_ + 1e-9; tick += y_step) {
      add(svg, "<path class=\"grid\" d=\"M%.1f %.1fh%.1f\"/>", left_, y(tick), kWidth);
      add(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g %%</text>\n", left_ - 6, y(tick) + 4,
          tick);
    }
    for (double tick = x_low_; tick <= 100 + 1e-9; tick += x_step) {
      add(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g %%</text>\n", x(tick),
          kTop + kHeight + 18, tick);
    }
    add(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">agreement asked for</text>\n",
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
text{font:12px system-ui,sans-serif;fill:#1f2933}
.title{font-weight:600;font-size:15px}.head{font-weight:600}.tick,.note{fill:#65717d}
.grid{stroke:#d5dbe1;fill:none}.broken{fill:#d64545;fill-opacity:.12}.limit{stroke:#d64545;stroke-width:1.5;fill:none}
.kept{stroke:#0b7285;stroke-width:2;fill:none}.dot{fill:#0b7285}.most{stroke:#65717d;stroke-width:1.5;stroke-dasharray:5 4;fill:none}
@media(prefers-color-scheme:dark){text{fill:#e4e8ec}.tick,.note{fill:#9aa5b1}.grid{stroke:#3a444e}
.kept{stroke:#3bc9db}.dot{fill:#3bc9db}.most{stroke:#9aa5b1}}
</style>
)";

}  // namespace

std::string promise_plot(const Measurement& measurement, const ReportSubject& subject,
                         std::span<const pipeline::OperatingPoint> points) {
  const double asked_low = std::floor(static_cast<double>(points.front().target) * 20 + 1e-6) * 5;
  double lowest = asked_low;
  for (const auto& point : points) {
    const auto interval =
        agreement_interval(score_all(measurement, point.threshold), static_cast<double>(point.confidence));
    lowest = std::min(lowest, interval.low * 100);
  }
  const double kept_low = std::max(0.0, std::floor(lowest / 5) * 5);
  const Panel kept(64, asked_low, kept_low, 100);
  const Panel skipped(438, asked_low, 0, 100);
  const auto step = [](double low) { return 100 - low > 25 ? 10.0 : 5.0; };

  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 330\" width=\"760\" height=\"330\">\n";
  svg += kStyle;
  svg += "<text class=\"title\" x=\"20\" y=\"26\">" + escaped(subject.bundle) + " on " + escaped(subject.data) + ", " +
         std::to_string(measurement.frames()) + " frames</text>\n";

  kept.draw_axes(svg, "Agreement kept", step(asked_low), step(kept_low));
  const double corner = std::max(asked_low, kept_low);
  add(svg, "<path class=\"broken\" d=\"M%.1f %.1fL%.1f %.1fV%.1fH%.1fz\"/>", kept.x(asked_low), kept.y(corner),
      kept.x(100), kept.y(100), kept.y(kept_low), kept.x(asked_low));
  add(svg, "<path class=\"limit\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", kept.x(asked_low), kept.y(corner), kept.x(100),
      kept.y(100));
  add(svg, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">promise broken</text>\n", kept.x(100) - 8,
      kept.y(kept_low) - 10);

  skipped.draw_axes(svg, "Frames skipped", step(asked_low), 20);
  std::string line;
  std::string most;
  for (const auto& point : points) {
    const Score score = score_all(measurement, point.threshold);
    const auto interval = agreement_interval(score, static_cast<double>(point.confidence));
    const double asked = static_cast<double>(point.target) * 100;
    add(svg, "<path class=\"kept\" d=\"M%.1f %.1fV%.1f\"/>", kept.x(asked), kept.y(interval.low * 100),
        kept.y(interval.high * 100));
    add(svg,
        "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>asked %g %%, kept %.1f %%</title></circle>\n",
        kept.x(asked), kept.y(score.agreement() * 100), std::round(asked * 10) / 10, score.agreement() * 100);
    add(line, "%s%.1f %.1f", line.empty() ? "M" : "L", skipped.x(asked), skipped.y(score.filter_rate() * 100));
    add(most, "%s%.1f %.1f", most.empty() ? "M" : "L", skipped.x(asked),
        skipped.y(score.optimal_rate(static_cast<double>(point.target)) * 100));
    add(svg,
        "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>asked %g %%, skipped %.1f %%</title></circle>\n",
        skipped.x(asked), skipped.y(score.filter_rate() * 100), std::round(asked * 10) / 10, score.filter_rate() * 100);
  }
  svg += "<path class=\"kept\" d=\"" + line + "\"/><path class=\"most\" d=\"" + most + "\"/>\n";
  const auto& first = points.front();
  const Score score = score_all(measurement, first.threshold);
  const double asked = static_cast<double>(first.target) * 100;
  add(svg, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">the most that could be</text>\n", skipped.x(asked) + 6,
      skipped.y(score.optimal_rate(static_cast<double>(first.target)) * 100) - 8);
  add(svg, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">this gate</text>\n", skipped.x(asked) + 12,
      skipped.y(score.filter_rate() * 100) - 8);
  svg += "</svg>\n";
  return svg;
}

}  // namespace sluice::eval
