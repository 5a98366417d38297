#include "server/security/rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::server {

Duration RateLimit::take(Instant now) {
  if (per_second_ == 0) return Duration::zero();
  const double seconds = std::chrono::duration<double>(now - counted_).count();
  left_ = std::min(burst_, left_ + std::max(0.0, seconds) * per_second_);
  counted_ = now;
  if (left_ >= 1) {
    left_ -= 1;
    return Duration::zero();
  }
  const std::chrono::duration<double> wait((1 - left_) / per_second_);
  return std::max(Duration{1}, std::chrono::ceil<Duration>(wait));
}

void RateLimit::change(double per_second, double burst) {
  // Who had no limit begins with a full one.
  left_ = per_second_ == 0 ? burst : std::min(left_, burst);
  per_second_ = per_second;
  burst_ = burst;
}

}  // namespace sluice::server
