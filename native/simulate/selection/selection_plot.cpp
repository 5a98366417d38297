// Bars: a panel for each SLA, a bar for each policy, as long as its answers are accurate with the device's in place of late ones.
#include <algorithm>

#include "native/eval/append_format.hpp"
#include "native/simulate/plot/bar_plot.hpp"
#include "native/simulate/selection/selection_report.hpp"

namespace sluice::simulate {
namespace {

BarPanel panel_of_sla(std::span<const ConditionOutcome> conditions, double sla_ms) {
  BarPanel panel;
  std::size_t count = 0;
  for (const ConditionOutcome& condition : conditions) count += condition.sla_ms == sla_ms ? 1 : 0;
  for (const Policy policy : kPolicies) {
    double accuracy = 0;
    double late = 0;
    for (const ConditionOutcome& condition : conditions) {
      if (condition.sla_ms != sla_ms) continue;
      accuracy += outcome_of(condition, policy).accuracy / static_cast<double>(count);
      late += 100 * outcome_of(condition, policy).late / static_cast<double>(count);
    }
    std::string text;
    eval::append_format(text, "%.1f %%; late %.1f %%", accuracy, late);
    panel.bars.push_back(
        {std::string(name_of(policy)), accuracy, text, policy == Policy::kSluice ? BarStyle::kOurs : BarStyle::kOther});
  }
  eval::append_format(panel.title, "SLA %g ms: accuracy, mean of %zu conditions", sla_ms, count);
  return panel;
}

}  // namespace

std::string selection_plot(std::span<const ConditionOutcome> conditions) {
  std::vector<BarPanel> panels;
  std::vector<double> seen;
  for (const ConditionOutcome& condition : conditions) {
    if (std::ranges::find(seen, condition.sla_ms) != seen.end()) continue;
    seen.push_back(condition.sla_ms);
    panels.push_back(panel_of_sla(conditions, condition.sla_ms));
  }
  return bar_plot("Which variant answers: accuracy with the device's answer in place of late ones", panels,
                  BarScale::kShared);
}

// The same as a table.
std::string policies_report(std::span<const ConditionOutcome> conditions) {
  std::string text = "every policy, means over the conditions\n";
  std::vector<double> slas;
  for (const ConditionOutcome& condition : conditions) {
    if (std::ranges::find(slas, condition.sla_ms) == slas.end()) slas.push_back(condition.sla_ms);
  }
  for (const double sla_ms : slas) {
    const BarPanel panel = panel_of_sla(conditions, sla_ms);
    text += "  " + panel.title + '\n';
    for (const Bar& bar : panel.bars) eval::append_format(text, "    %-22s %s\n", bar.label.c_str(), bar.text.c_str());
  }
  return text;
}

}  // namespace sluice::simulate
