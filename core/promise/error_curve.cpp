#include "core/promise/error_curve.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::promise {
namespace {

constexpr double kLowest = -ErrorCurve::kWidth * ErrorCurve::kBins / 2;  // log-odds

double odds_to_probability(double log_odds) { return 1 / (1 + std::exp(-log_odds)); }

// The nearest rates, by weighted squares, that never fall (pool adjacent violators; Ayer and others, 1955).
void make_rising(std::array<double, ErrorCurve::kBins>& rates, const std::array<double, ErrorCurve::kBins>& weights) {
  struct Pool {
    double mean;
    double weight;
    std::size_t bins;
  };
  std::array<Pool, ErrorCurve::kBins> pools;
  std::size_t count = 0;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    Pool made{rates[i], weights[i], 1};
    while (count != 0 && pools[count - 1].mean >= made.mean) {
      const Pool& last = pools[--count];
      const double weight = made.weight + last.weight;
      made = {(made.mean * made.weight + last.mean * last.weight) / weight, weight, made.bins + last.bins};
    }
    pools[count++] = made;
  }
  std::size_t bin = 0;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < pools[i].bins; ++j) rates[bin++] = pools[i].mean;
  }
}

}  // namespace

ErrorCurve::Rates ErrorCurve::calibrated() {
  Rates rates;
  for (std::size_t i = 0; i < kBins; ++i) {
    rates[i] = odds_to_probability(kLowest + (static_cast<double>(i) + 0.5) * kWidth);
  }
  return rates;
}

Result<ErrorCurve> ErrorCurve::create(const CurveOptions& options, const Rates& expected) {
  if (!(options.memory_inputs > 1) || !std::isfinite(options.memory_inputs)) {
    return fail(ErrorCode::kInvalidArgument, {"memory_inputs is ", options.memory_inputs, "; it must be above 1"});
  }
  if (!(options.prior_inputs > 0) || !std::isfinite(options.prior_inputs)) {
    return fail(ErrorCode::kInvalidArgument, {"prior_inputs is ", options.prior_inputs, "; it must be above 0"});
  }
  for (std::size_t i = 0; i < kBins; ++i) {
    if (!(expected[i] >= 0 && expected[i] <= 1)) {
      return fail(ErrorCode::kInvalidArgument,
                  {"the rate expected of bin ", i, " is ", expected[i], "; it must be in [0, 1]"});
    }
  }
  return ErrorCurve(options, expected);
}

ErrorCurve::ErrorCurve(const CurveOptions& options, const Rates& expected)
    : keep_(1 - 1 / options.memory_inputs), prior_inputs_(options.prior_inputs), expected_(expected), rates_(expected) {
  smooth();
}

std::size_t ErrorCurve::bin_of(float score) {
  if (!(score >= 0 && score < 1)) return kBins - 1;
  if (score == 0) return 0;
  const double probability = score;
  const double bin = std::floor((std::log(probability / (1 - probability)) - kLowest) / kWidth);
  return static_cast<std::size_t>(std::clamp(bin, 0.0, static_cast<double>(kBins - 1)));
}

float ErrorCurve::lower_edge(std::size_t bin) {
  if (bin == 0) return 0;
  if (bin >= kBins) return std::nextafter(1.0F, 2.0F);
  return static_cast<float>(odds_to_probability(kLowest + static_cast<double>(bin) * kWidth));
}

void ErrorCurve::saw(float score) {
  for (Bin& bin : bins_) {
    bin.seen *= keep_;
    bin.known *= keep_;
    bin.wrong *= keep_;
  }
  seen_ = seen_ * keep_ + 1;
  bins_[bin_of(score)].seen += 1;
}

void ErrorCurve::learned(float score, bool wrong) {
  Bin& bin = bins_[bin_of(score)];
  bin.known += 1;
  if (wrong) bin.wrong += 1;
}

double ErrorCurve::variance(std::size_t bin) const {
  const double rate = rates_[bin];
  return rate * (1 - rate) / (bins_[bin].known + prior_inputs_);
}

void ErrorCurve::smooth() {
  std::array<double, kBins> weights;
  for (std::size_t i = 0; i < kBins; ++i) {
    weights[i] = bins_[i].known + prior_inputs_;
    rates_[i] = (bins_[i].wrong + prior_inputs_ * expected_[i]) / weights[i];
  }
  make_rising(rates_, weights);
}

}  // namespace sluice::promise
