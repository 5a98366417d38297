#include "core/adapt/selection/load_price.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::adapt {

LoadPrice::LoadPrice(const LoadPriceOptions& options) : options_(options) {
  options_.workers = std::max(options_.workers, 1U);
}

void LoadPrice::drain(Instant now) {
  if (last_ == Instant::min()) last_ = now;
  if (now <= last_) return;
  const double passed_ms = static_cast<double>((now - last_).count()) / 1e3;
  queue_ms_ = std::max(queue_ms_ - options_.busy_at_most * passed_ms, 0.0);
  last_ = now;
}

double LoadPrice::at(Instant now) {
  drain(now);
  return queue_ms_ * options_.accuracy_per_ms2;
}

void LoadPrice::took_on(double service_ms, Instant now) {
  drain(now);
  if (!std::isfinite(service_ms) || service_ms < 0) return;
  queue_ms_ = std::min(queue_ms_ + service_ms / options_.workers, options_.longest_ms);
}

}  // namespace sluice::adapt
