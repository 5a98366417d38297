#include "core/exit/cost_budget.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sluice::exits {
namespace {

// Levels that one whole model's cost too much moves the position by: large at first, so that it is found within tens of inputs, then
// small against the scatter from input to input.
constexpr double kFirstStep = 1;
constexpr double kLastStep = 0.15;
constexpr double kStepHalvesIn = 12;  // inputs

constexpr double kPaidBackIn = 100;  // inputs
// What cannot be paid back, since the levels reach no further, is not held against later inputs for longer than this.
constexpr double kMostDebt = 50;  // whole models

// What inputs are overspent by where the budget is met, in whole models: until the position is found, and by scatter.
constexpr double kUntilFound = 5;
constexpr double kScatter = 0.5;  // of one input

}  // namespace

CostBudget::CostBudget(double share, std::size_t levels)
    : share_(share), levels_(std::max<std::size_t>(levels, 1)), position_(start()) {}

void CostBudget::set_levels(std::size_t levels) {
  const double below = dearest() - position_;
  levels_ = std::max<std::size_t>(levels, 1);
  position_ = inputs_ == 0 ? start() : std::clamp(dearest() - below, 0.0, dearest());
}

std::size_t CostBudget::next() {
  asked_ = true;
  const double lower = std::floor(position_);
  carry_ += position_ - lower;
  const bool upper = carry_ >= 1;
  if (upper) carry_ -= 1;
  return std::min(static_cast<std::size_t>(lower) + (upper ? 1 : 0), levels_ - 1);
}

void CostBudget::spent(double share) {
  debt_ = std::clamp(debt_ + share - share_, -kMostDebt, kMostDebt);
  if (!std::exchange(asked_, false)) return;
  inputs_ += 1;
  const double step = std::max(kLastStep, kFirstStep / (1 + inputs_ / kStepHalvesIn));
  const double wanted = share_ - debt_ / kPaidBackIn;
  // The cheapest level is left when there is something to spend: a few easy inputs do not say that it costs less than the budget.
  const double most = position_ == 0 && debt_ > 0 ? 0 : dearest();
  position_ = std::clamp(position_ + step * (wanted - share), 0.0, most);
}

bool cheapest_costs_more(double mean, double share, std::uint64_t inputs) {
  const auto count = static_cast<double>(inputs);
  return (mean - share) * count > kUntilFound + kScatter * std::sqrt(count);
}

}  // namespace sluice::exits
