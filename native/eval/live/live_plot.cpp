#include <algorithm>
#include <cmath>
#include <functional>

#include "native/eval/append_format.hpp"
#include "native/eval/live/live_report.hpp"
#include "native/eval/svg_text.hpp"

namespace sluice::eval {
namespace {

constexpr double kPlotLeft = 56;
constexpr double kPlotWidth = 684;
constexpr double kPanelHeight = 130;

constexpr const char* kLiveStyle = R"(<style>
.page{fill:#fff}text{font:12px system-ui,sans-serif;fill:#1f2933}
.title{font-weight:600;font-size:15px}.head{font-weight:600}.tick,.note{fill:#65717d}
.grid{stroke:#d5dbe1;fill:none}.asked{stroke:#d64545;stroke-width:1.5;fill:none}.proven{fill:#0b7285;fill-opacity:.15}
.known{stroke:#0b7285;stroke-width:2;fill:none}.real{stroke:#1f2933;stroke-width:1.5;stroke-dasharray:2 3;fill:none}
.most{stroke:#65717d;stroke-width:1.5;stroke-dasharray:5 4;fill:none}.alarm{stroke:#e8890c;stroke-width:2}
@media(prefers-color-scheme:dark){.page{fill:#14191f}text{fill:#e4e8ec}.tick,.note{fill:#9aa5b1}.grid{stroke:#3a444e}
.real{stroke:#e4e8ec}.known{stroke:#22a6b8}.proven{fill:#22a6b8;fill-opacity:.25}.most{stroke:#9aa5b1}}
</style>
)";

// Shares over the frames of one stream.
class CoursePanel {
 public:
  CoursePanel(const LiveCourse& course, double top, double low, double high)
      : course_(course), top_(top), low_(low), high_(high) {}

  double x(std::size_t frame) const {
    return kPlotLeft +
           static_cast<double>(frame) / static_cast<double>(std::max<std::size_t>(1, course_.frames)) * kPlotWidth;
  }
  double y(double value) const {
    return top_ + (high_ - std::clamp(value, low_, high_)) / (high_ - low_) * kPanelHeight;
  }

  void draw_axes(std::string& svg, const char* title) const {
    append_format(svg, "<text class=\"head\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", kPlotLeft, top_ - 10, title);
    for (int i = 0; i <= 4; ++i) {
      const double value = low_ + (high_ - low_) * i / 4;
      append_format(svg, "<path class=\"grid\" d=\"M%.1f %.1fh%.1f\"/>", kPlotLeft, y(value), kPlotWidth);
      append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g %%</text>\n", kPlotLeft - 6,
                    y(value) + 4, std::round(1000 * value) / 10);
    }
  }

  void draw_line(std::string& svg, const char* name, const std::function<double(const CourseMark&)>& value) const {
    append_format(svg, "<path class=\"%s\" d=\"", name);
    for (const CourseMark& mark : course_.marks) {
      append_format(svg, "%s%.1f %.1f", &mark == &course_.marks.front() ? "M" : "L", x(mark.frame), y(value(mark)));
    }
    svg += "\"/>\n";
  }

  void draw_level(std::string& svg, const char* name, double value) const {
    append_format(svg, "<path class=\"%s\" d=\"M%.1f %.1fh%.1f\"/>\n", name, kPlotLeft, y(value), kPlotWidth);
  }

  void draw_proven(std::string& svg) const {
    svg += "<path class=\"proven\" d=\"";
    for (const CourseMark& mark : course_.marks) {
      append_format(svg, "%s%.1f %.1f", &mark == &course_.marks.front() ? "M" : "L", x(mark.frame),
                    y(mark.proven_high));
    }
    for (auto mark = course_.marks.rbegin(); mark != course_.marks.rend(); ++mark) {
      append_format(svg, "L%.1f %.1f", x(mark->frame), y(mark->proven_low));
    }
    svg += "z\"/>\n";
  }

  void draw_alarms(std::string& svg) const {
    std::uint64_t before = 0;
    for (const CourseMark& mark : course_.marks) {
      if (mark.alarms > before) {
        append_format(svg, "<path class=\"alarm\" d=\"M%.1f %.1fv%.1f\"><title>alarm</title></path>\n", x(mark.frame),
                      top_, kPanelHeight);
      }
      before = mark.alarms;
    }
  }

 private:
  const LiveCourse& course_;
  double top_;
  double low_;
  double high_;
};

void draw_live_key(std::string& svg) {
  double x = kPlotLeft;
  constexpr double kY = 420;
  const auto entry = [&](const char* name, const char* text, double width) {
    append_format(svg, "<path class=\"%s\" d=\"M%.1f %.1fh22\"/>", name, x, kY - 4);
    append_format(svg, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", x + 28, kY, text);
    x += width;
  };
  entry("asked", "asked for", 92);
  entry("real", "as it is", 80);
  entry("known", "by audits; saved", 134);
  append_format(svg, "<rect class=\"proven\" x=\"%.1f\" y=\"%.1f\" width=\"22\" height=\"12\"/>", x, kY - 10);
  append_format(svg, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">proven</text>\n", x + 28, kY);
  x += 80;
  entry("most", "the most that could be", 176);
  entry("alarm", "alarm", 60);
}

}  // namespace

std::string live_plot(const LiveSubject& subject, const LiveAtTarget& at) {
  const LiveCourse& course = at.live.front();
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 436\" role=\"img\" aria-label=\"A live promise\">\n";
  svg += kLiveStyle;
  svg += "<rect class=\"page\" width=\"760\" height=\"436\"/>\n";
  append_format(svg, "<text class=\"title\" x=\"%.1f\" y=\"26\">%s, live on a stream of %zu frames at %g %%</text>\n",
                kPlotLeft, svg_text(subject.bundle).c_str(), course.frames, std::round(1000 * at.target) / 10);
  const double low = std::max(0.0, 1 - 3 * (1 - at.target));
  const CoursePanel kept(course, 66, low, 1);
  kept.draw_axes(svg, "agreement so far");
  kept.draw_proven(svg);
  kept.draw_level(svg, "asked", at.target);
  kept.draw_line(svg, "known", [](const CourseMark& mark) { return mark.estimated; });
  kept.draw_line(svg, "real", [](const CourseMark& mark) { return mark.agreement; });
  kept.draw_alarms(svg);
  const CoursePanel saved(course, 240, 0, 1);
  saved.draw_axes(svg, "runs of the model saved so far");
  saved.draw_level(svg, "most", course.optimal_rate(at.target));
  saved.draw_line(svg, "known", [](const CourseMark& mark) { return mark.saved; });
  append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"390\">frame 0</text>", kPlotLeft);
  append_format(svg, "<text class=\"tick\" x=\"%.1f\" y=\"390\" text-anchor=\"end\">%zu</text>\n",
                kPlotLeft + kPlotWidth, course.frames);
  draw_live_key(svg);
  return svg + "</svg>\n";
}

}  // namespace sluice::eval
