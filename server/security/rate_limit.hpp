// How many requests a token may make: so many a second on average, and after a pause so many at once (a token bucket, as networks
// use it). Takes no memory per request and keeps no clock. Not synchronised.
#pragma once

#include "core/base/time.hpp"

namespace sluice::server {

class RateLimit {
 public:
  // No limit when `per_second` is 0; `burst` is at least 1.
  RateLimit(double per_second, double burst) : per_second_(per_second), burst_(burst), left_(burst) {}

  // Takes one request: zero when it may go on, else, with nothing taken, how long until one may.
  Duration take(Instant now);

  // What was used up stays so.
  void change(double per_second, double burst);
  double per_second() const { return per_second_; }

 private:
  double per_second_;
  double burst_;
  double left_;  // at `counted_`
  Instant counted_{};
};

}  // namespace sluice::server
