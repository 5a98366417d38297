// The server's clock: steady time as the core's instants.
#pragma once

#include <chrono>

#include "core/base/time.hpp"

namespace sluice::server {

inline Instant now() {
  return Instant(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

// The same instant for timers of the standard clock; kNever stays the far end.
inline std::chrono::steady_clock::time_point to_steady(Instant instant) {
  if (instant == kNever) return std::chrono::steady_clock::time_point::max();
  return std::chrono::steady_clock::time_point(instant.time_since_epoch());
}

}  // namespace sluice::server
