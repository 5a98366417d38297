#include "core/split/coding/expectation_weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/split/coding/symbol_context.hpp"

namespace sluice::split {
namespace {

constexpr std::size_t kFittedInputs = 4000;  // more change no weight
constexpr double kRidge = 1e-3;              // keeps weights of values that never vary at 0
constexpr double kLargestSum = 32000;        // within int16
constexpr double kLargestWeight = 127;

// Sums of products for one channel's least squares: the values looked at and a constant against the value itself.
class NormalEquations {
 public:
  explicit NormalEquations(std::size_t size) : size_(size), matrix_(size * size), right_(size) {}

  void add(const std::vector<double>& seen, double value) {
    for (std::size_t i = 0; i < size_; ++i) {
      if (seen[i] == 0) continue;
      right_[i] += seen[i] * value;
      for (std::size_t j = 0; j <= i; ++j) matrix_[i * size_ + j] += seen[i] * seen[j];
    }
  }

  // By Cholesky's factorisation, in place.
  std::vector<double> solve() {
    for (std::size_t i = 0; i < size_; ++i) at(i, i) += kRidge * (1 + at(i, i));
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = at(i, j);
        for (std::size_t k = 0; k < j; ++k) sum -= at(i, k) * at(j, k);
        at(i, j) = i == j ? std::sqrt(sum) : sum / at(j, j);
      }
    }
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t k = 0; k < i; ++k) right_[i] -= at(i, k) * right_[k];
      right_[i] /= at(i, i);
    }
    for (std::size_t i = size_; i-- > 0;) {
      for (std::size_t k = i + 1; k < size_; ++k) right_[i] -= at(k, i) * right_[k];
      right_[i] /= at(i, i);
    }
    return right_;
  }

 private:
  double& at(std::size_t row, std::size_t column) { return matrix_[row * size_ + column]; }

  std::size_t size_;
  std::vector<double> matrix_;  // its lower half
  std::vector<double> right_;
};

std::vector<double> fit_channel(const FeatureSamples& samples, int refinement, std::uint32_t earlier_channels,
                                std::uint32_t channel) {
  const std::size_t weights = kNeighbours + earlier_channels;
  const std::size_t positions = std::size_t{samples.width} * samples.height;
  const std::size_t step = (samples.count() + kFittedInputs - 1) / kFittedInputs;
  NormalEquations equations(weights + 1);
  std::vector<double> seen(weights + 1);
  for (std::size_t input = 0; input < samples.count(); input += step) {
    const FeatureView view(samples.values.data() + input * samples.features(), 1, positions, samples.channels,
                           refinement);
    for (std::uint32_t y = 0; y < samples.height; ++y) {
      for (std::uint32_t x = 0; x < samples.width; ++x) {
        std::fill(seen.begin(), seen.end(), 0.0);
        seen[weights] = 1;
        visit_context(view, samples.width, earlier_channels, channel, x, y,
                      [&](std::uint32_t weight, int value) { seen[weight] = value; });
        equations.add(seen, view.at(channel, y * samples.width + x));
      }
    }
  }
  std::vector<double> fitted = equations.solve();
  fitted.pop_back();  // the constant is left to the limits
  return fitted;
}

}  // namespace

std::vector<std::int8_t> fit_expectation_weights(const FeatureSamples& samples, int refinement,
                                                 std::uint32_t earlier_channels) {
  int largest_value = 1;
  for (const std::int8_t value : samples.values) largest_value = std::max(largest_value, std::abs(int{value}));
  std::vector<std::int8_t> weights;
  const std::uint32_t coded_channels = samples.channels * (refinement > 1 ? 2 : 1);
  for (std::uint32_t channel = 0; channel < coded_channels; ++channel) {
    const std::vector<double> fitted = fit_channel(samples, refinement, earlier_channels, channel);
    double largest = 0;
    double sum = 0;
    for (const double weight : fitted) {
      largest = std::max(largest, std::abs(weight));
      sum += std::abs(weight);
    }
    // Rounding adds half to each weight at most.
    const double room = kLargestSum / largest_value - static_cast<double>(fitted.size()) / 2;
    const double scale = largest > 0 ? std::min(kLargestWeight / largest, room / sum) : 0;
    for (const double weight : fitted) weights.push_back(static_cast<std::int8_t>(std::lround(weight * scale)));
  }
  return weights;
}

}  // namespace sluice::split
