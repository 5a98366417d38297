#include "native/simulate/plot/bar_plot.hpp"

#include <algorithm>
#include <cmath>

#include "native/eval/append_format.hpp"
#include "native/eval/svg_text.hpp"

namespace sluice::simulate {
namespace {

constexpr double kLabelWidth = 190;
constexpr double kBarWidth = 430;  // the longest
constexpr double kRowHeight = 20;
constexpr double kHeadHeight = 34;
constexpr double kTitleHeight = 48;
constexpr double kPageWidth = 860;

constexpr const char* kBarSheet = R"(<style>
.page{fill:#fff}text{font:12px system-ui,sans-serif;fill:#1f2933}.title{font-weight:600;font-size:15px}
.head{font-weight:600}
.ours{fill:#0b7285}.live{fill:#8a97a5}.bound{fill:none;stroke:#8a97a5;stroke-dasharray:4 3}
@media(prefers-color-scheme:dark){.page{fill:#14191f}text{fill:#e4e8ec}.ours{fill:#22a6b8}.live{fill:#5b6875}}
</style>
)";

const char* class_of(BarStyle style) {
  switch (style) {
    case BarStyle::kOurs: return "ours";
    case BarStyle::kBound: return "bound";
    case BarStyle::kOther: break;
  }
  return "live";
}

double drawn(const Bar& bar) { return std::isfinite(bar.value) ? std::max(bar.value, 0.0) : 0; }

double longest_of(const std::vector<Bar>& bars) {
  double longest = 1e-9;
  for (const Bar& bar : bars) longest = std::max(longest, drawn(bar));
  return longest;
}

void append_bar(std::string& svg, const Bar& bar, double y, double width) {
  eval::append_format(svg, "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">", kLabelWidth - 8, y + 12);
  svg += eval::svg_text(bar.label);
  eval::append_format(svg, "</text><rect class=\"%s\" x=\"%g\" y=\"%g\" width=\"%.1f\" height=\"14\"/>",
                      class_of(bar.style), kLabelWidth, y, width);
  eval::append_format(svg, "<text x=\"%.1f\" y=\"%g\">", kLabelWidth + width + 6, y + 12);
  svg += eval::svg_text(bar.text) + "</text>\n";
}

}  // namespace

std::string bar_plot(const std::string& title, const std::vector<BarPanel>& panels, BarScale scale) {
  double height = kTitleHeight + 12;
  double longest = 1e-9;
  for (const BarPanel& panel : panels) {
    height += kHeadHeight + static_cast<double>(panel.bars.size()) * kRowHeight;
    longest = std::max(longest, longest_of(panel.bars));
  }
  std::string svg;
  eval::append_format(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\">\n", kPageWidth, height);
  svg += kBarSheet;
  eval::append_format(svg, "<rect class=\"page\" width=\"%g\" height=\"%g\"/>\n", kPageWidth, height);
  svg += "<text class=\"title\" x=\"16\" y=\"28\">" + eval::svg_text(title) + "</text>\n";
  double y = kTitleHeight;
  for (const BarPanel& panel : panels) {
    eval::append_format(svg, "<text class=\"head\" x=\"16\" y=\"%g\">", y + 20);
    svg += eval::svg_text(panel.title) + "</text>\n";
    y += kHeadHeight;
    const double scaled_by = scale == BarScale::kShared ? longest : longest_of(panel.bars);
    for (const Bar& bar : panel.bars) {
      append_bar(svg, bar, y, drawn(bar) / scaled_by * kBarWidth);
      y += kRowHeight;
    }
  }
  return svg + "</svg>\n";
}

}  // namespace sluice::simulate
