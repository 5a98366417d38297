// Bars: a panel for each capacity, a bar for each policy, as long as its load seconds a request.
#include <vector>

#include "native/eval/append_format.hpp"
#include "native/simulate/plot/bar_plot.hpp"
#include "native/simulate/residency/residency_simulation.hpp"
#include "native/simulate/residency/simulated_policy.hpp"

namespace sluice::simulate {
namespace {

BarStyle style_of(const std::string& policy) {
  if (needs_future(policy)) return BarStyle::kBound;
  const bool ours = policy == residency::policy_name(residency::PolicyKind::kUtility);
  return ours ? BarStyle::kOurs : BarStyle::kOther;
}

}  // namespace

std::string residency_plot(const ResidencyReport& report) {
  std::string title;
  eval::append_format(title, "Load seconds a request: %zu requests to %zu models (%s)", report.requests, report.models,
                      report.source.c_str());
  std::vector<BarPanel> panels;
  double capacity = 0;
  for (const ResidencyRow& row : report.rows) {
    if (row.capacity_percent != capacity) {
      capacity = row.capacity_percent;
      std::string head;
      eval::append_format(head, "memory for %g %% of the bytes", capacity);
      panels.push_back({head, {}});
    }
    std::string text;
    eval::append_format(text, "%.3f", row.load_s_per_request);
    panels.back().bars.push_back({row.policy, row.load_s_per_request, text, style_of(row.policy)});
  }
  return bar_plot(title, panels, BarScale::kShared);
}

}  // namespace sluice::simulate
