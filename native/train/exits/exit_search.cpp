#include "native/train/exits/exit_search.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "native/eval/exits/exit_thresholds.hpp"

namespace sluice::train::exits {
namespace {

// Of all inputs, those that one branch by itself lets leave.
double exit_rate(const eval::ExitProfile& profile, std::size_t branch, double most_error) {
  const std::array alone{branch};
  const eval::ExitProfile one = eval::select_exits(profile, alone);
  const float threshold = eval::error_thresholds(one, most_error)[0];
  const auto left = std::count_if(one.exits[0].begin(), one.exits[0].end(),
                                  [&](const eval::ExitAnswer& answer) { return answer.confidence > threshold; });
  return static_cast<double>(left) / static_cast<double>(std::max<std::size_t>(one.inputs(), 1));
}

bool smaller(const Filters& a, const Filters& than) {
  // One layer less of the same filters, or half the filters in as many layers.
  if (than.empty()) return false;
  if (a.size() + 1 == than.size()) return a.empty() || a[0] == than[0];
  return a.size() == than.size() && a[0] * 2 == than[0];
}

}  // namespace

std::vector<Filters> branch_variants(std::int64_t filters) {
  std::vector<Filters> variants;
  for (const std::int64_t width : {filters, filters / 2}) {
    for (std::size_t layers = 3; layers > 0; --layers) variants.emplace_back(layers, std::max<std::int64_t>(width, 1));
  }
  variants.emplace_back();
  return variants;
}

Search search_branches(const eval::ExitProfile& profile, std::span<const PlaceVariants> places, double most_error,
                       double tolerance) {
  Search search;
  for (std::size_t place = 0; place < places.size(); ++place) {
    const PlaceVariants& variants = places[place];
    std::vector<double> rates;
    for (const std::size_t branch : variants.branches) rates.push_back(exit_rate(profile, branch, most_error));
    std::size_t at = 0;
    for (bool gone = true; gone;) {
      gone = false;
      std::size_t best = at;
      for (std::size_t i = 0; i < rates.size(); ++i) {
        if (smaller(variants.filters[i], variants.filters[at]) && (best == at || rates[i] > rates[best])) best = i;
      }
      if (best == at) break;
      gone = rates[best] >= rates[0] - tolerance;
      search.steps.push_back({place, variants.filters[at], variants.filters[best], rates[at], rates[best], gone});
      if (gone) at = best;
    }
    search.branches.push_back(variants.branches[at]);
  }
  return search;
}

Insertion plan_insertion(const eval::ExitProfile& profile, const eval::ExitCosts& costs, double most_error,
                         double most_cost) {
  Insertion plan;
  plan.exits.resize(profile.exits.size());
  std::iota(plan.exits.begin(), plan.exits.end(), std::size_t{0});
  for (;;) {
    InsertionStep step;
    step.exits = plan.exits;
    const eval::ExitProfile there = eval::select_exits(profile, plan.exits);
    const eval::ExitCosts cost = eval::select_exits(costs, plan.exits);
    const eval::ExitReplay replayed = eval::replay(there, cost, eval::error_thresholds(there, most_error));
    step.multiply_adds = replayed.multiply_adds;
    step.removed = plan.exits.size();
    double before = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < plan.exits.size(); ++j) {
      const double cumulative = before + replayed.shares[j];
      const double pays = (cumulative - before) * static_cast<double>(cost.stretches[j + 1]);
      const double takes = (1 - before) * static_cast<double>(cost.branches[j]);
      step.r.push_back(takes > 0 ? pays / takes : 0);
      step.cumulative.push_back(cumulative);
      if (step.r.back() < least) {
        least = step.r.back();
        step.removed = j;
      }
      before = cumulative;
    }
    const bool too_dear = static_cast<double>(cost.all_branches()) > most_cost * static_cast<double>(cost.model());
    const bool done = plan.exits.empty() || (least > 1 && !too_dear);
    if (done) step.removed = plan.exits.size();
    plan.steps.push_back(step);
    if (done) return plan;
    plan.exits.erase(plan.exits.begin() + static_cast<std::ptrdiff_t>(step.removed));
  }
}

}  // namespace sluice::train::exits
