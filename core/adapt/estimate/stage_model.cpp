#include "core/adapt/estimate/stage_model.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace sluice::adapt {
namespace {

constexpr double kMillion = 1e6;
// Below this neither weights nor ratios tell anything.
constexpr double kShortestMs = 0.05;
// A coefficient of a profile may be off by half and by some milliseconds; without a profile anything is possible.
constexpr double kProfileDoubt = 0.5;
constexpr double kLeastDoubtMs = 5;
constexpr double kNoProfileDoubtMs = 1e4;
constexpr double kScatter = 0.2;  // of observations, of their size
constexpr double kUsual = 0.1;    // of the latest ratio in the usual one

double usable(double value) { return std::isfinite(value) && value > 0 ? value : 0; }

}  // namespace

Result<StageModel> StageModel::create(const StageOptions& options) {
  LeastSquaresOptions fit;
  fit.forgetting = options.forgetting;
  fit.predictors = 0;
  const auto add = [&](double typical, double coefficient) {
    const double share_ms = std::abs(typical * coefficient);
    fit.typical[fit.predictors] = typical;
    fit.initial[fit.predictors] = coefficient;
    fit.initial_doubt[fit.predictors] =
        options.warm ? std::max(kProfileDoubt * share_ms, kLeastDoubtMs) : kNoProfileDoubtMs;
    ++fit.predictors;
  };
  add(1, options.initial.constant_ms);
  if (options.by_bytes) add(kMillion, options.initial.per_mb_ms / kMillion);
  if (options.by_pixels) add(kMillion, options.initial.per_megapixel_ms / kMillion);
  auto made = RecursiveLeastSquares::create(fit);
  if (!made) return fail(made.error());
  return StageModel(*std::move(made), options);
}

StageModel::StageModel(RecursiveLeastSquares fit, const StageOptions& options)
    : fit_(std::move(fit)), by_bytes_(options.by_bytes), by_pixels_(options.by_pixels), warm_(options.warm) {}

std::size_t StageModel::predictors_of(const Workload& work, std::array<double, kMaxPredictors>& out) const {
  std::size_t count = 0;
  out[count++] = 1;
  if (by_bytes_) out[count++] = usable(work.bytes);
  if (by_pixels_) out[count++] = usable(work.pixels);
  return count;
}

double StageModel::mean_ms(const Workload& work) const {
  std::array<double, kMaxPredictors> predictors{};
  const std::size_t count = predictors_of(work, predictors);
  return std::max(fit_.predict(std::span(predictors).first(count)), 0.0);
}

Result<void> StageModel::observe(const Workload& work, double took_ms) {
  if (!std::isfinite(took_ms) || took_ms < 0) {
    return fail(ErrorCode::kInvalidArgument, {"a stage took ", took_ms, " ms; times are finite and not negative"});
  }
  if (!std::isfinite(work.bytes) || !std::isfinite(work.pixels) || work.bytes < 0 || work.pixels < 0) {
    return fail(ErrorCode::kInvalidArgument,
                {"a workload of ", work.bytes, " bytes and ", work.pixels, " pixels is none"});
  }
  std::array<double, kMaxPredictors> predictors{};
  const std::size_t count = predictors_of(work, predictors);
  const double expected = std::max(mean_ms(work), kShortestMs);
  const bool was_known = known();
  const double scatter = kScatter * expected * scatter_ratio(took_ms / expected);
  if (auto learnt = fit_.observe(std::span(predictors).first(count), took_ms, 1 / (scatter * scatter)); !learnt)
    return learnt;
  if (was_known) ratios_.add(took_ms / expected);
  return {};
}

// By how much an observation scatters, against what was expected: a model that expects far too little must not take one long observation
// for ever so important. Where the workload matters the larger of both counts. Without one all observations are of one thing, and those that
// are longer than others must not count for less, or the mean would be that of the short ones: there it is what they are of late.
double StageModel::scatter_ratio(double ratio) {
  if (by_bytes_ || by_pixels_) return std::max(ratio, 1.0);
  usual_ratio_ = usual_ratio_ == 0 ? ratio : usual_ratio_ + kUsual * (ratio - usual_ratio_);
  return std::max(usual_ratio_, 1.0);
}

TimeEstimate StageModel::predict(const Workload& work) const {
  const double mean = mean_ms(work);
  return {mean, mean * std::max(ratios_.at(kHighQuantile, 1), 1.0)};
}

double StageModel::quantile_ms(const Workload& work, double share) const {
  return mean_ms(work) * ratios_.at(share, 1);
}

StageCoefficients StageModel::coefficients() const {
  StageCoefficients now;
  std::size_t next = 0;
  now.constant_ms = fit_.coefficient(next++);
  if (by_bytes_) now.per_mb_ms = fit_.coefficient(next++) * kMillion;
  if (by_pixels_) now.per_megapixel_ms = fit_.coefficient(next) * kMillion;
  return now;
}

}  // namespace sluice::adapt
