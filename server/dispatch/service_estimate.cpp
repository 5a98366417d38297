#include "server/dispatch/service_estimate.hpp"

#include <algorithm>

namespace sluice::server {

void ServiceEstimate::record(Duration took, Instant now) {
  samples_[count_++ % kSamples] = took;
  newest_ = now;
}

Duration ServiceEstimate::high(Instant now) const {
  if (count_ == 0 || now - newest_ > kForgetAfter) return Duration{0};
  return *std::max_element(samples_.begin(),
                           samples_.begin() + static_cast<std::ptrdiff_t>(std::min(count_, kSamples)));
}

Duration ServiceEstimate::median() const {
  const auto known = static_cast<std::ptrdiff_t>(std::min(count_, kSamples));
  if (known == 0) return Duration{0};
  auto sorted = samples_;
  std::nth_element(sorted.begin(), sorted.begin() + known / 2, sorted.begin() + known);
  return sorted[static_cast<std::size_t>(known / 2)];
}

}  // namespace sluice::server
