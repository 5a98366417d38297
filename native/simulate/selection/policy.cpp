#include "native/simulate/selection/policy.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/adapt/selection/probabilistic_choice.hpp"

namespace sluice::simulate {
namespace {

constexpr double kJellyfishDeviations = 2.326;  // 99 of 100

}  // namespace

std::string_view name_of(Policy policy) {
  constexpr std::array<std::string_view, kPolicies.size()> kNames = {
      "static-fastest", "static-most-accurate", "random",      "exploration", "greedy", "budget1",
      "budget2",        "modipick-style",       "mdinference", "jellyfish",   "sluice"};
  return kNames[static_cast<std::size_t>(policy)];
}

Selector::Selector(Policy policy, std::vector<SizedVariant> models, double sla_ms, double device_ms,
                   double device_accuracy, std::uint32_t workers)
    : policy_(policy),
      models_(std::move(models)),
      sla_ms_(sla_ms),
      device_ms_(device_ms),
      device_accuracy_(device_accuracy),
      price_({.workers = workers}) {
  for (const SizedVariant& model : models_) variants_.push_back(model.variant);
  for (std::size_t i = 0; i < models_.size(); ++i) {
    if (variants_[i].mean_ms < variants_[fastest_].mean_ms) fastest_ = i;
    if (variants_[i].accuracy > variants_[most_accurate_].accuracy) most_accurate_ = i;
  }
}

std::size_t Selector::largest() const {
  const auto by_side = [](const SizedVariant& one, const SizedVariant& other) { return one.side < other.side; };
  return static_cast<std::size_t>(std::max_element(models_.begin(), models_.end(), by_side) - models_.begin());
}

std::size_t Selector::before_sending(const Outlook& outlook) const {
  if (policy_ == Policy::kFastest) return fastest_;
  if (policy_ == Policy::kMostAccurate) return most_accurate_;
  if (policy_ != Policy::kJellyfish && policy_ != Policy::kSluice) return largest();
  std::size_t best = fastest_;
  double best_worth = -1;
  for (std::size_t i = 0; i < models_.size(); ++i) {
    const adapt::TimeEstimate& round_trip = outlook.round_trips[i];
    const adapt::Budget budget{.remaining_ms = sla_ms_,
                               .return_ms = round_trip.mean_ms,
                               .return_deviation_ms = deviation_of(round_trip),
                               .queue_ms = outlook.queue_ms};
    const auto forecast = adapt::forecast(variants_[i], budget, {.deviations = kJellyfishDeviations});
    double worth = forecast.in_budget ? variants_[i].accuracy : 0;
    if (policy_ == Policy::kSluice)
      worth = forecast.in_time * variants_[i].accuracy + (1 - forecast.in_time) * device_accuracy_;
    if (worth > best_worth) {
      best_worth = worth;
      best = i;
    }
  }
  if (policy_ == Policy::kJellyfish) return best_worth == 0 ? fastest_ : best;
  // What takes no longer to send leaves the server more to select from.
  for (std::size_t i = 0; i < models_.size(); ++i) {
    const bool as_soon = outlook.round_trips[i].mean_ms <= outlook.round_trips[best].mean_ms;
    if (as_soon && models_[i].side > models_[best].side) best = i;
  }
  return best;
}

std::size_t Selector::in_proportion(const std::vector<std::size_t>& among, Draw& draw) const {
  double all = 0;
  for (const std::size_t i : among) all += variants_[i].accuracy;
  double left = draw.uniform() * all;
  for (const std::size_t i : among) {
    left -= variants_[i].accuracy;
    if (left < 0) return i;
  }
  return among.back();
}

// budget1 and budget2: what is below both bounds, the soft one leaving time for the device.
std::size_t Selector::by_budget(const adapt::Budget& budget, Draw& draw) const {
  const double hard = budget.remaining_ms - budget.return_ms;
  const double soft = hard - device_ms_;
  std::vector<std::size_t> inside;
  for (std::size_t i = 0; i < variants_.size(); ++i) {
    if (variants_[i].mean_ms < soft && variants_[i].mean_ms + variants_[i].deviation_ms < hard) inside.push_back(i);
  }
  if (inside.empty()) return fastest_;
  return policy_ == Policy::kBudget1 ? inside[draw.index(inside.size())] : in_proportion(inside, draw);
}

std::size_t Selector::best_expected(std::uint32_t side, const adapt::Budget& budget, double price) const {
  std::vector<adapt::Variant> possible = variants_;
  for (std::size_t i = 0; i < models_.size(); ++i) {
    if (models_[i].side > side) possible[i].mean_ms = std::numeric_limits<double>::infinity();  // never taken
  }
  return adapt::select_variant(possible, budget,
                               {.rule = adapt::SelectionRule::kExpectedAccuracy,
                                .late_accuracy = device_accuracy_,
                                .price_per_ms = price})
      ->variant;
}

std::size_t Selector::on_arrival(std::uint32_t side, std::size_t asked_for, const adapt::Budget& budget, Instant now,
                                 Draw& draw) {
  const adapt::Budget without_queue{.remaining_ms = budget.remaining_ms, .return_ms = budget.return_ms};
  switch (policy_) {
    case Policy::kFastest:
    case Policy::kMostAccurate:
    case Policy::kJellyfish: return asked_for;
    case Policy::kRandom: return draw.index(models_.size());
    case Policy::kExploration: {
      std::vector<std::size_t> all(models_.size());
      std::iota(all.begin(), all.end(), std::size_t{0});
      return in_proportion(all, draw);
    }
    case Policy::kGreedy:
      return adapt::select_variant(variants_, {.remaining_ms = sla_ms_}, {.deviations = 0})->variant;
    case Policy::kBudget1:
    case Policy::kBudget2: return by_budget(budget, draw);
    case Policy::kModiPick: {
      const double hard = budget.remaining_ms - budget.return_ms;
      return *adapt::choose_probabilistically(variants_, {.hard_ms = hard, .soft_ms = hard - device_ms_},
                                              draw.uniform());
    }
    case Policy::kMdInference:
      return adapt::select_variant(variants_, without_queue, {.only_own_deviation = true})->variant;
    case Policy::kSluice: {
      const std::size_t taken = best_expected(side, budget, price_.at(now));
      price_.took_on(variants_[taken].mean_ms, now);
      return taken;
    }
  }
  return fastest_;
}

}  // namespace sluice::simulate
