// Time as the core sees it: monotonic microseconds that a driver passes in. The core never reads a clock, so a run can be
// replayed. Instants of different drivers must not be mixed; only remaining time (a Duration) crosses the wire.
#pragma once

#include <chrono>

namespace sluice {

using Duration = std::chrono::microseconds;

struct DriverClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<DriverClock, Duration>;
  static constexpr bool is_steady = true;
};

using Instant = DriverClock::time_point;

inline double milliseconds_in(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

// "Never", for deadlines that are not set.
inline constexpr Instant kNever = Instant::max();

// Measures what stages cost. A driver implements it; decisions never depend on it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;
};

}  // namespace sluice
