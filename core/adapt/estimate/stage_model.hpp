// How long one stage of an input's way takes (preprocessing here, transfer, preprocessing there, execution, queueing): linear in the
// bytes, the pixels and a constant, fitted online, with quantiles beside the mean. Two ends need no common clock: each stage is
// a difference of times of one clock, or what the other end says it took.
//
// The mean is recursive least squares, weighted so that the relative error counts: a stage of ten milliseconds matters as much as one of
// a second. Quantiles are those of observed over predicted in the last 64 observations (ResidualQuantile), times the mean.
// Owns its state, allocates nothing but the message of an error, has no clock. One thread at a time.
#pragma once

#include <array>
#include <cstdint>

#include "core/adapt/estimate/recursive_least_squares.hpp"
#include "core/adapt/estimate/residual_quantile.hpp"
#include "core/adapt/estimate/time_estimate.hpp"

namespace sluice::adapt {

struct Workload {
  double bytes = 0;
  double pixels = 0;
};

// Milliseconds: constant + per_mb x bytes / 10^6 + per_megapixel x pixels / 10^6.
struct StageCoefficients {
  double constant_ms = 0;
  double per_mb_ms = 0;
  double per_megapixel_ms = 0;
  friend bool operator==(const StageCoefficients&, const StageCoefficients&) = default;
};

struct StageOptions {
  bool by_bytes = true;  // which predictors there are, beside the constant
  bool by_pixels = false;
  StageCoefficients initial;
  // The initial coefficients are a measured profile: they are believed, and corrected, where otherwise the first observations take over.
  bool warm = false;
  double forgetting = 0.98;
};

class StageModel {
 public:
  static Result<StageModel> create(const StageOptions& options);

  // `took_ms` for this workload. Refused with kInvalidArgument, and nothing learnt: a number that is not finite or below 0 (a clock that
  // jumped back gives such times).
  Result<void> observe(const Workload& work, double took_ms);
  // What to expect, never below 0; without observations what the initial coefficients say. A workload that is not finite or negative
  // counts as 0.
  TimeEstimate predict(const Workload& work) const;
  double quantile_ms(const Workload& work, double share) const;

  StageCoefficients coefficients() const;
  std::uint64_t observations() const { return fit_.observations(); }
  bool known() const { return warm_ || observations() > 0; }

 private:
  StageModel(RecursiveLeastSquares fit, const StageOptions& options);
  std::size_t predictors_of(const Workload& work, std::array<double, kMaxPredictors>& out) const;
  double mean_ms(const Workload& work) const;
  double scatter_ratio(double ratio);

  RecursiveLeastSquares fit_;
  ResidualQuantile ratios_;  // observed over predicted
  double usual_ratio_ = 0;   // of late, in the mean
  bool by_bytes_;
  bool by_pixels_;
  bool warm_;
};

}  // namespace sluice::adapt
