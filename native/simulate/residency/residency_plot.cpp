// Bars: a panel for each capacity, a bar for each policy, as long as its load seconds a request.
#include <algorithm>
#include <vector>

#include "native/eval/append_format.hpp"
#include "native/eval/svg_text.hpp"
#include "native/simulate/residency/residency_simulation.hpp"
#include "native/simulate/residency/simulated_policy.hpp"

namespace sluice::simulate {
namespace {

constexpr double kLabelWidth = 150;
constexpr double kBarWidth = 480;  // the longest
constexpr double kRowHeight = 20;
constexpr double kHeadHeight = 34;
constexpr double kTitleHeight = 48;
constexpr double kPageWidth = 740;

constexpr const char* kBarStyle = R"(<style>
.page{fill:#fff}text{font:12px system-ui,sans-serif;fill:#1f2933}.title{font-weight:600;font-size:15px}
.head{font-weight:600}
.ours{fill:#0b7285}.live{fill:#8a97a5}.bound{fill:none;stroke:#8a97a5;stroke-dasharray:4 3}
@media(prefers-color-scheme:dark){.page{fill:#14191f}text{fill:#e4e8ec}.ours{fill:#22a6b8}.live{fill:#5b6875}}
</style>
)";

const char* bar_class(const std::string& policy) {
  if (needs_future(policy)) return "bound";
  return policy == residency::policy_name(residency::PolicyKind::kUtility) ? "ours" : "live";
}

std::vector<double> capacities_of(const ResidencyReport& report) {
  std::vector<double> found;
  for (const auto& row : report.rows) {
    if (found.empty() || found.back() != row.capacity_percent) found.push_back(row.capacity_percent);
  }
  return found;
}

}  // namespace

std::string residency_plot(const ResidencyReport& report) {
  const auto capacities = capacities_of(report);
  double longest = 1e-9;
  for (const auto& row : report.rows) longest = std::max(longest, row.load_s_per_request);
  const double height = kTitleHeight + static_cast<double>(capacities.size()) * kHeadHeight +
                        static_cast<double>(report.rows.size()) * kRowHeight + 12;
  std::string svg;
  eval::append_format(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\">\n", kPageWidth, height);
  svg += kBarStyle;
  eval::append_format(svg, "<rect class=\"page\" width=\"%g\" height=\"%g\"/>\n", kPageWidth, height);
  eval::append_format(
      svg, "<text class=\"title\" x=\"16\" y=\"28\">Load seconds a request: %zu requests to %zu models (%s)</text>\n",
      report.requests, report.models, eval::svg_text(report.source).c_str());
  double y = kTitleHeight;
  double capacity = 0;
  for (const auto& row : report.rows) {
    if (row.capacity_percent != capacity) {
      capacity = row.capacity_percent;
      eval::append_format(svg, "<text class=\"head\" x=\"16\" y=\"%g\">memory for %g %% of the bytes</text>\n", y + 20,
                          capacity);
      y += kHeadHeight;
    }
    const double width = row.load_s_per_request / longest * kBarWidth;
    eval::append_format(svg, "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">%s</text>", kLabelWidth - 8, y + 12,
                        eval::svg_text(row.policy).c_str());
    eval::append_format(svg, "<rect class=\"%s\" x=\"%g\" y=\"%g\" width=\"%.1f\" height=\"14\"/>",
                        bar_class(row.policy), kLabelWidth, y, width);
    eval::append_format(svg, "<text x=\"%.1f\" y=\"%g\">%.3f</text>\n", kLabelWidth + width + 6, y + 12,
                        row.load_s_per_request);
    y += kRowHeight;
  }
  return svg + "</svg>\n";
}

}  // namespace sluice::simulate
