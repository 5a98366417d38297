#include "native/simulate/placement/model_families.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "core/adapt/estimate/stage_model.hpp"
#include "native/simulate/placement/regression_forest.hpp"
#include "native/simulate/placement/support_vector_regression.hpp"

namespace sluice::simulate {
namespace {

constexpr std::size_t kFeatures = kPredictors;
constexpr std::size_t kLeastSamples = 10;
constexpr std::size_t kEvery = 5;  // is of the test part
constexpr std::size_t kNeighbours = 5;
constexpr double kLassoShare = 0.002;  // of the penalty that would leave no predictor
constexpr int kLassoRounds = 500;

using Features = Predictors;
using Samples = std::vector<StageSample>;

Features features_of(const StageSample& sample) {
  return {sample.bytes, sample.pixels, std::log1p(sample.bytes), std::log1p(sample.pixels)};
}

// Zero mean and unit deviation, from the fitted part.
class Scaling {
 public:
  explicit Scaling(const Samples& samples) {
    const double count = static_cast<double>(samples.size());
    for (std::size_t f = 0; f < kFeatures; ++f) {
      double sum = 0;
      double squares = 0;
      for (const StageSample& sample : samples) {
        const double value = features_of(sample)[f];
        sum += value;
        squares += value * value;
      }
      mean_[f] = sum / count;
      deviation_[f] = std::sqrt(std::max(squares / count - mean_[f] * mean_[f], 1e-12));
    }
  }
  Features operator()(const StageSample& sample) const {
    Features scaled = features_of(sample);
    for (std::size_t f = 0; f < kFeatures; ++f) scaled[f] = (scaled[f] - mean_[f]) / deviation_[f];
    return scaled;
  }

 private:
  Features mean_{};
  Features deviation_{};
};

// Coordinate descent.
class Lasso {
 public:
  explicit Lasso(const Samples& samples) : scaling_(samples) {
    std::vector<Features> rows;
    std::vector<double> left;
    for (const StageSample& sample : samples) {
      rows.push_back(scaling_(sample));
      mean_ += sample.took_ms / static_cast<double>(samples.size());
    }
    for (const StageSample& sample : samples) left.push_back(sample.took_ms - mean_);
    const double count = static_cast<double>(samples.size());
    double strongest = 0;
    for (std::size_t f = 0; f < kFeatures; ++f) strongest = std::max(strongest, std::abs(along(rows, left, f)) / count);
    const double penalty = kLassoShare * strongest;
    for (int round = 0; round < kLassoRounds; ++round) {
      for (std::size_t f = 0; f < kFeatures; ++f) {
        const double pull = along(rows, left, f) / count + weights_[f];
        const double next = std::copysign(std::max(std::abs(pull) - penalty, 0.0), pull);
        for (std::size_t i = 0; i < rows.size(); ++i) left[i] -= (next - weights_[f]) * rows[i][f];
        weights_[f] = next;
      }
    }
  }
  double operator()(const StageSample& sample) const {
    const Features scaled = scaling_(sample);
    double sum = mean_;
    for (std::size_t f = 0; f < kFeatures; ++f) sum += weights_[f] * scaled[f];
    return sum;
  }

 private:
  static double along(const std::vector<Features>& rows, const std::vector<double>& left, std::size_t f) {
    double sum = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) sum += rows[i][f] * left[i];
    return sum;
  }

  Scaling scaling_;
  Features weights_{};
  double mean_ = 0;
};

double neighbours(const Samples& fitted, const Scaling& scaling, const StageSample& sample) {
  const Features here = scaling(sample);
  std::vector<std::pair<double, double>> by_distance;
  for (const StageSample& other : fitted) {
    const Features there = scaling(other);
    double squares = 0;
    for (std::size_t f = 0; f < kFeatures; ++f) squares += (here[f] - there[f]) * (here[f] - there[f]);
    by_distance.emplace_back(squares, other.took_ms);
  }
  const std::size_t count = std::min(kNeighbours, by_distance.size());
  std::partial_sort(by_distance.begin(), by_distance.begin() + static_cast<std::ptrdiff_t>(count), by_distance.end());
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += by_distance[i].second;
  return sum / static_cast<double>(count);
}

// Ordinary least squares by size alone.
std::pair<double, double> line_of(const Samples& samples) {
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (const StageSample& sample : samples) {
    n += 1;
    sx += sample.bytes;
    sy += sample.took_ms;
    sxx += sample.bytes * sample.bytes;
    sxy += sample.bytes * sample.took_ms;
  }
  const double spread = n * sxx - sx * sx;
  const double slope = spread > 0 ? (n * sxy - sx * sy) / spread : 0;
  return {slope, (sy - slope * sx) / n};
}

double error_of(const Samples& tested, const std::function<double(const StageSample&)>& predict) {
  double sum = 0;
  for (const StageSample& sample : tested)
    sum += std::abs(predict(sample) - sample.took_ms) / std::max(sample.took_ms, 0.01);
  return sum / static_cast<double>(tested.size());
}

}  // namespace

FamilyError compare_families(std::string stage, std::span<const StageSample> samples) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  FamilyError error{std::move(stage), none, none, none, none, none, none};
  if (samples.size() < kLeastSamples) return error;
  Samples fitted;
  Samples tested;
  for (std::size_t i = 0; i < samples.size(); ++i) (i % kEvery == 0 ? tested : fitted).push_back(samples[i]);

  const auto [slope, constant] = line_of(fitted);
  error.line = error_of(tested, [slope = slope, constant = constant](const StageSample& sample) {
    return slope * sample.bytes + constant;
  });
  const Lasso lasso(fitted);
  error.lasso = error_of(tested, [&lasso](const StageSample& sample) { return lasso(sample); });
  const Scaling scaling(fitted);
  error.neighbours = error_of(tested, [&](const StageSample& sample) { return neighbours(fitted, scaling, sample); });
  std::vector<Features> rows;
  std::vector<double> values;
  for (const StageSample& sample : fitted) {
    rows.push_back(scaling(sample));
    values.push_back(sample.took_ms);
  }
  const RegressionForest forest(rows, values);
  error.forest = error_of(tested, [&](const StageSample& sample) { return forest(scaling(sample)); });
  const SupportVectorRegression vectors(rows, values);
  error.vectors = error_of(tested, [&](const StageSample& sample) { return vectors(scaling(sample)); });
  adapt::StageOptions options;
  options.by_pixels = true;
  options.forgetting = 0.995;
  auto online = adapt::StageModel::create(options);
  for (const StageSample& sample : fitted) (void)online->observe({sample.bytes, sample.pixels}, sample.took_ms);
  error.online = error_of(
      tested, [&](const StageSample& sample) { return online->predict({sample.bytes, sample.pixels}).mean_ms; });
  return error;
}

std::vector<FamilyError> compare_families(std::span<const MeasuredPicture> pictures) {
  Samples device;
  Samples server;
  for (const MeasuredPicture& picture : pictures) {
    device.push_back({picture.bytes, picture.pixels(), picture.device_ms[0]});
    server.push_back({picture.bytes, picture.pixels(), picture.server_ms[0]});
  }
  return {compare_families("shrinking on the device", device), compare_families("preparing at the server", server)};
}

}  // namespace sluice::simulate
