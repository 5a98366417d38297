#include "core/adapt/estimate/recursive_least_squares.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sluice::adapt {
namespace {

constexpr double kLargestWeight = 1e12;
constexpr double kLargestDoubt = 1e6;

Result<void> check_fit(const LeastSquaresOptions& options) {
  if (options.predictors == 0 || options.predictors > kMaxPredictors) {
    return fail(ErrorCode::kInvalidArgument,
                {"least squares of ", options.predictors, " predictors; 1 to ", kMaxPredictors, " are possible"});
  }
  if (!(options.forgetting > 0.5 && options.forgetting <= 1)) {
    return fail(ErrorCode::kInvalidArgument, {"forgetting ", options.forgetting, " is not above 0.5 and at most 1"});
  }
  for (std::size_t i = 0; i < options.predictors; ++i) {
    if (!(options.typical[i] > 0) || !std::isfinite(options.typical[i])) {
      return fail(ErrorCode::kInvalidArgument,
                  {"the typical value ", options.typical[i], " of predictor ", i, " is not a number above 0"});
    }
    if (!(options.initial_doubt[i] > 0 && options.initial_doubt[i] <= kLargestDoubt)) {
      return fail(ErrorCode::kInvalidArgument, {"the initial doubt ", options.initial_doubt[i], " of predictor ", i,
                                                " is not above 0 and at most ", kLargestDoubt});
    }
    if (!std::isfinite(options.initial[i])) {
      return fail(ErrorCode::kInvalidArgument,
                  {"the initial coefficient ", options.initial[i], " of predictor ", i, " is not finite"});
    }
  }
  return {};
}

}  // namespace

Result<RecursiveLeastSquares> RecursiveLeastSquares::create(const LeastSquaresOptions& options) {
  if (auto checked = check_fit(options); !checked) return fail(checked.error());
  return RecursiveLeastSquares(options);
}

RecursiveLeastSquares::RecursiveLeastSquares(const LeastSquaresOptions& options)
    : size_(options.predictors), forgetting_(options.forgetting), typical_(options.typical) {
  for (std::size_t i = 0; i < size_; ++i) {
    weights_[i] = options.initial[i] * typical_[i];
    covariance_[i][i] = options.initial_doubt[i] * options.initial_doubt[i];
  }
  largest_trace_ = std::max(covariance_trace(), kLargestTrace / 2);
}

Result<void> RecursiveLeastSquares::observe(std::span<const double> predictors, double target, double weight) {
  if (predictors.size() != size_) {
    return fail(ErrorCode::kInvalidArgument,
                {"an observation of ", predictors.size(), " predictors for a model of ", size_});
  }
  std::array<double, kMaxPredictors> x{};
  for (std::size_t i = 0; i < size_; ++i) {
    if (!std::isfinite(predictors[i])) {
      return fail(ErrorCode::kInvalidArgument, {"predictor ", i, " is ", predictors[i], ", which is no finite number"});
    }
    x[i] = predictors[i] / typical_[i];
  }
  if (!std::isfinite(target)) {
    return fail(ErrorCode::kInvalidArgument, {"the observed value is ", target, ", which is no finite number"});
  }
  if (!(weight > 0 && weight <= kLargestWeight)) {
    return fail(ErrorCode::kInvalidArgument,
                {"the weight ", weight, " of an observation is not above 0 and at most ", kLargestWeight});
  }

  std::array<double, kMaxPredictors> covered{};  // covariance times x
  double spread = 0;                             // x times that, over the observation's own variance
  double expected = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t k = 0; k < size_; ++k) covered[i] += covariance_[i][k] * x[k];
    spread += x[i] * covered[i];
    expected += x[i] * weights_[i];
  }
  spread *= weight;

  // Numbers whose squares overflow would leave the model none.
  std::array<double, kMaxPredictors> updated = weights_;
  const double gain = weight / (1 + spread) * (target - expected);
  for (std::size_t i = 0; i < size_; ++i) updated[i] += covered[i] * gain;
  const bool finite = std::isfinite(spread) &&
                      std::all_of(updated.begin(), updated.end(), [](double value) { return std::isfinite(value); });
  if (!finite) {
    return fail(ErrorCode::kInvalidArgument,
                {"an observed value of ", target, " or its predictors are too large to compute with"});
  }
  weights_ = updated;
  narrow(covered, spread, weight);
  ++observations_;
  return {};
}

// What the observation tells, less what is forgotten along its direction: the spread becomes spread / (forgetting x (1 + spread)).
void RecursiveLeastSquares::narrow(const std::array<double, kMaxPredictors>& covered, double spread, double weight) {
  if (!(spread > std::numeric_limits<double>::min())) return;  // it tells nothing
  const double told = (forgetting_ * (1 + spread) - 1) / (forgetting_ * (1 + spread)) / spread * weight;
  if (told < 0 && covariance_trace() >= largest_trace_) return;  // as little is known as may be
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t k = i; k < size_; ++k) {
      covariance_[i][k] -= covered[i] * covered[k] * told;
      covariance_[k][i] = covariance_[i][k];  // rounding must not make it lopsided
    }
    covariance_[i][i] = std::max(covariance_[i][i], std::numeric_limits<double>::min());
  }
}

double RecursiveLeastSquares::predict(std::span<const double> predictors) const {
  if (predictors.size() != size_) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (std::size_t i = 0; i < size_; ++i) sum += weights_[i] * (predictors[i] / typical_[i]);
  return sum;
}

double RecursiveLeastSquares::coefficient(std::size_t predictor) const {
  return predictor < size_ ? weights_[predictor] / typical_[predictor] : 0;
}

double RecursiveLeastSquares::covariance_trace() const {
  double trace = 0;
  for (std::size_t i = 0; i < size_; ++i) trace += covariance_[i][i];
  return trace;
}

}  // namespace sluice::adapt
