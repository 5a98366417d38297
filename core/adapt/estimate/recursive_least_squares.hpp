// Recursive least squares with forgetting: a linear model of up to four predictors, fitted one observation at a time. Forgetting is
// directional (Kulhavy): an observation lets the model forget only along its own predictors. Where all observations look alike, what is
// known of the other directions stays, so that the covariance is bounded and the next different observation does not throw the model about.
//
// Predictors are given in units of their own; `typical` says what a usual value of each is, and the fit works on their ratio to it.
// Owns its state, allocates nothing but the message of an error, has no clock; equal observations give equal models. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/result.hpp"

namespace sluice::adapt {

inline constexpr std::size_t kMaxPredictors = 4;

struct LeastSquaresOptions {
  std::size_t predictors = 1;                       // 1 to kMaxPredictors
  std::array<double, kMaxPredictors> typical = {};  // of each predictor, above 0
  std::array<double, kMaxPredictors> initial = {};  // coefficients to begin with, per unit of the predictor
  // How little each initial coefficient is trusted: the standard error of its share of the target at a typical predictor, above 0. Large
  // against the observations' scatter: the first of them take over.
  std::array<double, kMaxPredictors> initial_doubt = {1e3, 1e3, 1e3, 1e3};
  double forgetting = 0.98;  // what an observation's weight is multiplied by at each later one like it, (0.5, 1]
};

class RecursiveLeastSquares {
 public:
  // kInvalidArgument, naming the value, for options outside what is stated above.
  static Result<RecursiveLeastSquares> create(const LeastSquaresOptions& options);

  // Learns that `predictors` came with `target`. `weight`: the inverse square of its expected scatter. Numbers that are not finite, a
  // weight outside (0, 1e12], or another count of predictors: kInvalidArgument, nothing learnt.
  Result<void> observe(std::span<const double> predictors, double target, double weight = 1);

  // What the model expects; NaN for another count of predictors. Any finite predictors are allowed, the answer may be negative.
  double predict(std::span<const double> predictors) const;

  // Per unit of the predictor.
  double coefficient(std::size_t predictor) const;
  std::uint64_t observations() const { return observations_; }
  // The sum of the covariance's diagonal. Stays below the larger of twice its initial value and kLargestTrace.
  static constexpr double kLargestTrace = 1e7;
  double covariance_trace() const;

 private:
  explicit RecursiveLeastSquares(const LeastSquaresOptions& options);
  void narrow(const std::array<double, kMaxPredictors>& covered, double spread, double weight);

  std::size_t size_;
  double forgetting_;
  double largest_trace_ = 0;
  std::array<double, kMaxPredictors> typical_{};
  std::array<double, kMaxPredictors> weights_{};  // of predictors over their typical value
  std::array<std::array<double, kMaxPredictors>, kMaxPredictors> covariance_{};
  std::uint64_t observations_ = 0;
};

}  // namespace sluice::adapt
