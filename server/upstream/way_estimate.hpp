// What the way to the upstream and back takes beside the work there: of each answer, the time since its request was sent less what the
// upstream says that it took itself. A mean and a deviation, smoothed as TCP smooths its round trips (RFC 6298): a way that scatters
// takes more of a request's budget. Before anything was measured it is what the handshake took. No clock; one thread at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "core/base/time.hpp"

namespace sluice::server {

class WayEstimate {
 public:
  void record(Duration elapsed, Duration worked) {
    const Duration way = std::max(elapsed - worked, Duration::zero());
    if (!mean_) {
      mean_ = way;
      deviation_ = way / 2;
      return;
    }
    const Duration off = way > *mean_ ? way - *mean_ : *mean_ - way;
    deviation_ += (off - deviation_) / 4;
    *mean_ += (way - *mean_) / 8;
  }
  // Of a new connection: what its handshake took, where nothing better is known.
  void guess(Duration handshake) {
    if (!mean_) guessed_ = handshake;
  }

  // What a request should leave for it.
  Duration expected() const { return mean_ ? *mean_ + 2 * deviation_ : guessed_; }

 private:
  std::optional<Duration> mean_;
  Duration deviation_{0};
  Duration guessed_{0};
};

}  // namespace sluice::server
