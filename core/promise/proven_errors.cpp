#include "core/promise/proven_errors.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::promise {
namespace {

constexpr double kLeastRate = 0.001;  // of c; serves from about a thousand errors on
constexpr double kMostRate = 2;       // serves where nearly all is audited

// Whether the mean of exp(exponents) is below 1 / alpha, given log(count / alpha).
bool below(const std::array<double, ProvenErrors::kRates>& exponents, double log_odds) {
  const double largest = *std::max_element(exponents.begin(), exponents.end());
  if (largest >= log_odds) return false;
  double sum = 0;
  for (const double exponent : exponents) sum += std::exp(exponent - largest);
  return largest + std::log(sum) < log_odds;
}

// The last of [first, last) of which `holds`, which is true up to somewhere and false from there on; `first` where of none.
template <typename Holds>
std::uint64_t last_that(std::uint64_t first, std::uint64_t last, Holds holds) {
  while (last - first > 1) {
    const std::uint64_t middle = first + (last - first) / 2;
    if (holds(middle)) first = middle;
    else last = middle;
  }
  return first;
}

}  // namespace

Result<ProvenErrors> ProvenErrors::create(double confidence) {
  if (!(confidence > 0 && confidence < 1)) {
    return fail(ErrorCode::kInvalidArgument, {"a confidence of ", confidence, "; it must be above 0 and below 1"});
  }
  const double alpha_of_an_end = (1 - confidence) / 2;
  ProvenErrors made(std::log(static_cast<double>(kRates) / alpha_of_an_end));
  for (std::size_t i = 0; i < kRates; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(kRates - 1);
    Rate& rate = made.rates_[i];
    rate.c = kLeastRate * std::pow(kMostRate / kLeastRate, share);
    // A little above what c < -log(1 - q) asks for, where x has no bound.
    rate.least_probability = -std::expm1(-rate.c * 1.02);
  }
  return made;
}

Result<void> ProvenErrors::count(const AuditedInput& input) {
  if (!is_valid(input)) {
    return fail(ErrorCode::kInvalidArgument,
                {"an input that was audited with probability ", input.audit_probability,
                 input.wrong && !input.audited ? " and is wrong without an audit" : "; it must be above 0, at most 1"});
  }
  ++inputs_;
  if (input.by_full_model) return {};
  const double q = input.audit_probability;
  if (!input.audited) ++unaudited_;
  if (input.wrong) ++found_;
  for (Rate& rate : rates_) {
    const bool too_rarely = q < rate.least_probability;
    if (too_rarely && (!input.audited || input.wrong)) ++rate.given_up;
    if (!input.wrong) continue;
    if (!too_rarely) rate.from_above -= std::log((std::expm1(-rate.c) + q) / q);
    rate.from_below += std::log1p(std::expm1(rate.c) / q);
  }
  return {};
}

bool ProvenErrors::may_be(std::uint64_t errors) const {
  std::array<double, kRates> exponents{};
  for (std::size_t i = 0; i < kRates; ++i) {
    const Rate& rate = rates_[i];
    const std::uint64_t counted = errors > rate.given_up ? errors - rate.given_up : 0;
    exponents[i] = rate.c * static_cast<double>(counted) - rate.from_above;
  }
  return below(exponents, log_odds_);
}

bool ProvenErrors::may_be_so_few(std::uint64_t errors) const {
  std::array<double, kRates> exponents{};
  for (std::size_t i = 0; i < kRates; ++i) {
    exponents[i] = rates_[i].from_below - rates_[i].c * static_cast<double>(errors);
  }
  return below(exponents, log_odds_);
}

ErrorInterval ProvenErrors::errors() const {
  const std::uint64_t most = found_ + unaudited_;  // those that an audit found right are
  const std::uint64_t end = most + 1;
  ErrorInterval interval;
  interval.most = last_that(found_, end, [this](std::uint64_t errors) { return may_be(errors); });
  // The fewest that may be: one more than the last that may not.
  interval.least = may_be_so_few(found_)
                       ? found_
                       : last_that(found_, end, [this](std::uint64_t errors) { return !may_be_so_few(errors); }) + 1;
  interval.least = std::min(interval.least, interval.most);
  return interval;
}

}  // namespace sluice::promise
