#include "core/adapt/selection/selection.hpp"

#include <cmath>

#include "core/adapt/selection/normal_distribution.hpp"

namespace sluice::adapt {
namespace {

bool is_amount(double value) { return std::isfinite(value) && value >= 0; }

Result<void> check_selection(std::span<const Variant> variants, const Budget& budget) {
  if (variants.empty()) return fail(ErrorCode::kInvalidArgument, "there is no variant to select from");
  if (!std::isfinite(budget.remaining_ms) || !is_amount(budget.return_ms) || !is_amount(budget.return_deviation_ms) ||
      !is_amount(budget.queue_ms) || !is_amount(budget.queue_deviation_ms)) {
    return fail(ErrorCode::kInvalidArgument,
                {"a budget of ", budget.remaining_ms, " ms with ", budget.return_ms, " ms for the way back and ",
                 budget.queue_ms, " ms in the queue: all are finite, the last two not negative"});
  }
  return {};
}

double worth(const Variant& variant, const Selection& forecast, const SelectionOptions& options) {
  return forecast.in_time * variant.accuracy + (1 - forecast.in_time) * options.late_accuracy -
         options.price_per_ms * variant.mean_ms;
}

}  // namespace

bool is_usable(const Variant& variant) {
  return std::isfinite(variant.accuracy) && is_amount(variant.mean_ms) && is_amount(variant.deviation_ms) &&
         is_amount(variant.start_ms);
}

Selection forecast(const Variant& variant, const Budget& budget, const SelectionOptions& options) {
  Selection selection;
  selection.done_ms = budget.queue_ms + variant.start_ms + variant.mean_ms + budget.return_ms;
  selection.done_deviation_ms =
      options.only_own_deviation
          ? variant.deviation_ms
          : std::hypot(variant.deviation_ms, budget.return_deviation_ms, budget.queue_deviation_ms);
  selection.in_budget = selection.done_ms + options.deviations * selection.done_deviation_ms < budget.remaining_ms;
  selection.in_time = probability_within(budget.remaining_ms, selection.done_ms, selection.done_deviation_ms);
  return selection;
}

Result<Selection> select_variant(std::span<const Variant> variants, const Budget& budget,
                                 const SelectionOptions& options) {
  if (auto checked = check_selection(variants, budget); !checked) return fail(checked.error());
  std::optional<Selection> best;
  std::size_t in_budget = 0;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const Variant& variant = variants[i];
    if (!is_usable(variant)) continue;
    Selection one = forecast(variant, budget, options);
    one.variant = i;
    in_budget += one.in_budget ? 1 : 0;
    if (!best) {
      best = one;
      continue;
    }
    const Variant& taken = variants[best->variant];
    bool better;
    if (options.rule == SelectionRule::kExpectedAccuracy) {
      const double more = worth(variant, one, options) - worth(taken, *best, options);
      better = more > 0 || (more == 0 && one.done_ms < best->done_ms);
    } else if (one.in_budget != best->in_budget) {
      better = one.in_budget;
    } else if (one.in_budget) {
      better = variant.accuracy > taken.accuracy || (variant.accuracy == taken.accuracy && one.done_ms < best->done_ms);
    } else {
      better = one.done_ms < best->done_ms;
    }
    if (better) best = one;
  }
  if (!best) return fail(ErrorCode::kInvalidArgument, {"none of ", variants.size(), " variants has usable numbers"});
  best->in_budget_count = in_budget;
  return *best;
}

}  // namespace sluice::adapt
