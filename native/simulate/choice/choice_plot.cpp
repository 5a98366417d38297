// Bars: a panel for what things cost, a bar for each family of fixed systems: how many times as much as the choice its best setting costs, over
// the conditions under which it keeps promise and deadline at all.
#include <algorithm>
#include <vector>

#include "native/eval/append_format.hpp"
#include "native/simulate/choice/choice_report.hpp"
#include "native/simulate/plot/bar_plot.hpp"

namespace sluice::simulate {
namespace {

struct FamilyRatio {
  std::string family;
  double sum = 0;
  double least = 0;
  std::size_t count = 0;
};

void see_family(std::vector<FamilyRatio>& ratios, const std::string& family, double ratio) {
  auto found = std::ranges::find(ratios, family, &FamilyRatio::family);
  if (found == ratios.end()) {
    ratios.push_back({family, 0, ratio, 0});
    found = ratios.end() - 1;
  }
  found->sum += ratio;
  found->least = std::min(found->least, ratio);
  ++found->count;
}

BarPanel panel_of(std::span<const ChoiceCondition> conditions, const std::string& weights) {
  std::vector<FamilyRatio> ratios;
  std::size_t all = 0;
  for (const ChoiceCondition& condition : conditions) {
    if (condition.weights != weights) continue;
    ++all;
    for (const BestFixed& best : condition.best) {
      if (condition.choice.cost > 0) see_family(ratios, best.family, best.outcome.cost / condition.choice.cost);
    }
  }
  std::ranges::sort(ratios, {}, &FamilyRatio::family);
  BarPanel panel{weights, {{"the one choice", 1, "1", BarStyle::kOurs}}};
  for (const FamilyRatio& one : ratios) {
    const double mean = one.sum / static_cast<double>(one.count);
    std::string text;
    eval::append_format(text, "%.2f, least %.2f, %zu of %zu", mean, one.least, one.count, all);
    panel.bars.push_back({one.family, mean, text, BarStyle::kOther});
  }
  return panel;
}

}  // namespace

std::string choice_plot(std::span<const ChoiceCondition> conditions) {
  std::vector<BarPanel> panels;
  std::vector<std::string> seen;
  for (const ChoiceCondition& condition : conditions) {
    if (std::ranges::find(seen, condition.weights) != seen.end()) continue;
    seen.push_back(condition.weights);
    panels.push_back(panel_of(conditions, condition.weights));
  }
  return bar_plot("Cost at best setting over the one choice's: mean, least, conditions that it can keep", panels,
                  BarScale::kOwn);
}

}  // namespace sluice::simulate
