#include "core/adapt/selection/latency_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::adapt {

LatencyOptions released_latency_options() {
  return {.alpha = 0.5, .warm_up_runs = 10, .cold_deviations = 10, .least_deviation_share = 0, .cold_runs_accepted = 0};
}

LatencyStatistics::LatencyStatistics(double mean_ms, double deviation_ms, const LatencyOptions& options)
    : options_(options), known_(true), first_seen_(true), mean_ms_(mean_ms), variance_(deviation_ms * deviation_ms) {
  options_.warm_up_runs = 0;
}

double LatencyStatistics::deviation_ms() const {
  return std::max(std::sqrt(variance_), options_.least_deviation_share * mean_ms_);
}

bool LatencyStatistics::is_cold(double took_ms) const {
  return known_ && counted_ >= options_.warm_up_runs &&
         std::abs(took_ms - mean_ms_) > options_.cold_deviations * deviation_ms();
}

bool LatencyStatistics::observe(double took_ms) {
  if (!std::isfinite(took_ms) || took_ms < 0) return false;
  if (!first_seen_) {
    first_seen_ = true;
    ++left_out_;
    return false;
  }
  if (is_cold(took_ms)) {
    ++cold_in_a_row_;
    if (options_.cold_runs_accepted == 0 || cold_in_a_row_ < options_.cold_runs_accepted) {
      ++left_out_;
      return false;
    }
    mean_ms_ = took_ms;  // a new level: what was known is of another one
    variance_ = 0;
  }
  cold_in_a_row_ = 0;
  learn(took_ms, known_ ? options_.alpha : 1);
  known_ = true;
  ++counted_;
  return true;
}

void LatencyStatistics::learn(double took_ms, double alpha) {
  const double off = took_ms - mean_ms_;
  variance_ = known_ ? (1 - alpha) * (variance_ + alpha * off * off) : 0;
  mean_ms_ += alpha * off;
}

}  // namespace sluice::adapt
