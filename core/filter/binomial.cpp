#include "core/filter/binomial.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::filter {
namespace {

// Where the falling function `value(p)` on [0, 1] crosses `level`.
template <typename Function>
double crossing(Function value, double level) {
  double low = 0;
  double high = 1;
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (value(middle) > level ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double binomial_cdf(std::uint64_t successes, std::uint64_t trials, double p) {
  if (successes >= trials || p <= 0) return 1;
  if (p >= 1) return 0;
  // From the largest term outwards, each from its neighbour, so that neither underflow nor cancellation spoils the sum.
  const auto n = static_cast<double>(trials);
  const auto k = static_cast<double>(successes);
  const double peak = std::min(k, std::floor((n + 1) * p));
  const double log_term = std::lgamma(n + 1) - std::lgamma(peak + 1) - std::lgamma(n - peak + 1) + peak * std::log(p) +
                          (n - peak) * std::log1p(-p);
  const double odds = p / (1 - p);
  double sum = 1;
  double term = 1;
  for (double i = peak; i > 0 && term > sum * 1e-17; --i) sum += term *= i / ((n - i + 1) * odds);
  term = 1;
  for (double i = peak + 1; i <= k; ++i) sum += term *= (n - i + 1) * odds / i;
  return std::clamp(std::exp(log_term + std::log(sum)), 0.0, 1.0);
}

Interval clopper_pearson(std::uint64_t successes, std::uint64_t trials, double confidence) {
  if (trials == 0) return {};
  const double tail = (1 - confidence) / 2;
  Interval interval;
  if (successes < trials) {
    interval.high = crossing([&](double p) { return binomial_cdf(successes, trials, p); }, tail);
  }
  if (successes > 0) {
    interval.low = crossing([&](double p) { return binomial_cdf(successes - 1, trials, p); }, 1 - tail);
  }
  return interval;
}

}  // namespace sluice::filter
