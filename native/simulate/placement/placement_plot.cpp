// Bars: how often each policy was right where it matters, and its 99th percentile before execution, over all networks.
#include "native/eval/append_format.hpp"
#include "native/simulate/placement/placement_report.hpp"
#include "native/simulate/plot/bar_plot.hpp"

namespace sluice::simulate {
namespace {

BarStyle placement_style(const std::string& policy) {
  if (policy == "oracle") return BarStyle::kBound;
  return policy == kShippedPolicy ? BarStyle::kOurs : BarStyle::kOther;
}

Bar right_bar(const PolicyOutcome& one, std::size_t matters) {
  const double right =
      matters == 0 ? 0 : static_cast<double>(one.right_where_it_matters) / static_cast<double>(matters);
  std::string text;
  eval::append_format(text, "%.3f", right);
  return {one.name, right, text, placement_style(one.name)};
}

Bar late_bar(const PolicyOutcome& one) {
  std::string text;
  eval::append_format(text, "%.0f ms", one.p99_ms);
  return {one.name, one.p99_ms, text, placement_style(one.name)};
}

}  // namespace

std::string placement_plot(const PlacementOutcome& outcome) {
  BarPanel right{"share of right decisions where the ways differ by more than 5 %", {}};
  BarPanel late{"99th percentile of the time before execution", {}};
  right.bars.push_back(right_bar(outcome.oracle, outcome.matters));
  late.bars.push_back(late_bar(outcome.oracle));
  for (const PolicyOutcome& one : outcome.policies) {
    right.bars.push_back(right_bar(one, outcome.matters));
    late.bars.push_back(late_bar(one));
  }
  std::string title;
  eval::append_format(title, "Where a photo is shrunk: %zu decisions on %s networks", outcome.count,
                      outcome.network.c_str());
  return bar_plot(title, {right, late}, BarScale::kOwn);
}

}  // namespace sluice::simulate
