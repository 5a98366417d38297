#include "native/simulate/placement/support_vector_regression.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::simulate {
namespace {

constexpr double kSettled = 1e-6;  // no weight changes by more in a round

}  // namespace

double SupportVectorRegression::kernel(const Predictors& one, const Predictors& other) const {
  double squares = 0;
  for (std::size_t p = 0; p < kPredictors; ++p) squares += (one[p] - other[p]) * (one[p] - other[p]);
  return std::exp(-kernel_ * squares) + 1;
}

SupportVectorRegression::SupportVectorRegression(const std::vector<Predictors>& rows, const std::vector<double>& values,
                                                 const SupportVectorOptions& options)
    : rows_(rows), weights_(rows.size(), 0), kernel_(options.kernel) {
  const std::size_t count = rows.size();
  for (const double value : values) mean_ += value / static_cast<double>(count);
  double squares = 0;
  for (const double value : values) squares += (value - mean_) * (value - mean_);
  if (squares > 0) deviation_ = std::sqrt(squares / static_cast<double>(count));

  std::vector<double> kernels(count * count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < count; ++j) kernels[i * count + j] = kernel(rows_[i], rows_[j]);
  }
  std::vector<double> fitted(count, 0);
  for (int round = 0; round < options.most_rounds; ++round) {
    double largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double own = kernels[i * count + i];
      const double wanted = (values[i] - mean_) / deviation_ - (fitted[i] - own * weights_[i]);
      const double outside = std::max(std::abs(wanted) - options.tube, 0.0);
      const double next = std::clamp(std::copysign(outside, wanted) / own, -options.cost, options.cost);
      const double change = next - weights_[i];
      if (change == 0) continue;
      weights_[i] = next;
      largest = std::max(largest, std::abs(change));
      for (std::size_t j = 0; j < count; ++j) fitted[j] += change * kernels[i * count + j];
    }
    if (largest < kSettled) break;
  }
}

double SupportVectorRegression::operator()(const Predictors& row) const {
  double sum = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (weights_[i] != 0) sum += weights_[i] * kernel(rows_[i], row);
  }
  return mean_ + deviation_ * sum;
}

}  // namespace sluice::simulate
