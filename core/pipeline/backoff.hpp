// How long to wait before the next attempt to connect: doubling from a first delay to a longest one, with +-20 % jitter so
// that clients of a restarted server do not return at once. Deterministic for a seed.
#pragma once

#include <cstdint>

#include "core/base/time.hpp"

namespace sluice::pipeline {

class Backoff {
 public:
  Backoff(std::uint32_t first_ms, std::uint32_t max_ms, std::uint64_t seed);

  Duration next();
  void reset() { delay_ms_ = first_ms_; }

 private:
  std::uint32_t first_ms_;
  std::uint32_t max_ms_;
  std::uint32_t delay_ms_;
  std::uint64_t random_;
};

}  // namespace sluice::pipeline
