#include "core/exit/cost_budget.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::exits {
namespace {

// Levels that one whole model's cost too much moves the position by: large at first, so that it is found within tens of inputs, then
// small against the scatter from input to input.
constexpr double kFirstStep = 2;
constexpr double kLastStep = 0.15;
constexpr double kStepHalvesIn = 12;  // inputs

constexpr double kPaidBackIn = 100;  // inputs
// What cannot be paid back, since the levels reach no further, is not held against later inputs for longer than this.
constexpr double kMostDebt = 50;  // whole models

}  // namespace

CostBudget::CostBudget(double share, std::size_t levels)
    : share_(share), levels_(std::max<std::size_t>(levels, 1)), position_(static_cast<double>(levels_ - 1)) {}

void CostBudget::set_levels(std::size_t levels) {
  const double below = dearest() - position_;
  levels_ = std::max<std::size_t>(levels, 1);
  position_ = std::clamp(dearest() - below, 0.0, dearest());
}

std::size_t CostBudget::next() {
  const double lower = std::floor(position_);
  carry_ += position_ - lower;
  const bool upper = carry_ >= 1;
  if (upper) carry_ -= 1;
  return std::min(static_cast<std::size_t>(lower) + (upper ? 1 : 0), levels_ - 1);
}

void CostBudget::spent(double share) {
  inputs_ += 1;
  debt_ = std::clamp(debt_ + share - share_, -kMostDebt, kMostDebt);
  const double step = std::max(kLastStep, kFirstStep / (1 + inputs_ / kStepHalvesIn));
  const double wanted = share_ - debt_ / kPaidBackIn;
  position_ = std::clamp(position_ + step * (wanted - share), 0.0, dearest());
}

}  // namespace sluice::exits
