// How long a request of one kind will take, at a high percentile: the longest of the last kSamples, as Clockwork (OSDI'20)
// plans with the 99th percentile of the last ten. Used to drop what cannot be in time before it is run.
// An estimate that kept every request from running would never be corrected, so it is forgotten when it is older than
// kForgetAfter: then one request runs and measures again.
// Not synchronised: under the dispatcher's lock.
#pragma once

#include <array>
#include <cstddef>

#include "core/base/time.hpp"

namespace sluice::server {

class ServiceEstimate {
 public:
  static constexpr std::size_t kSamples = 10;
  static constexpr Duration kForgetAfter = std::chrono::seconds(1);

  void record(Duration took, Instant now);

  // Zero while nothing is known.
  Duration high(Instant now) const;
  Duration median() const;

 private:
  std::array<Duration, kSamples> samples_{};
  std::size_t count_ = 0;  // of all time
  Instant newest_{};
};

}  // namespace sluice::server
