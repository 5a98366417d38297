// What the way to the upstream and back takes beside the work there: of each answer, the time since its request was sent less what the
// upstream says that it took itself. A mean and a deviation, smoothed as TCP smooths its round trips (RFC 6298): a way that scatters
// takes more of a request's budget. Before anything was measured it is what the handshake took, and the longer ago the last answer is the
// nearer it comes to that again: what was slow once isn't held against the upstream for good. No clock; one thread at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "core/base/time.hpp"

namespace sluice::server {

class WayEstimate {
 public:
  void record(Duration elapsed, Duration worked, Instant now) {
    const Duration way = way_of(elapsed, worked);
    recorded_ = now;
    if (!mean_) {
      mean_ = way;
      deviation_ = way / 2;
      return;
    }
    const Duration off = way > *mean_ ? way - *mean_ : *mean_ - way;
    deviation_ += (off - deviation_) / 4;
    *mean_ += (way - *mean_) / 8;
  }
  // Of an answer that came in time although expected() had said that it wouldn't. The estimate was too long, so it doesn't grow by the
  // distance from what it was, and where the way was shorter it begins there.
  void correct(Duration elapsed, Duration worked, Instant now) {
    const Duration way = way_of(elapsed, worked);
    if (!mean_ || way >= *mean_) return record(elapsed, worked, now);
    recorded_ = now;
    mean_ = way;
    deviation_ = std::min(deviation_ * 3 / 4, way / 2);
  }
  // Of each new connection: what its handshake took.
  void guess(Duration handshake) { guessed_ = handshake; }

  // What a request should leave for it.
  Duration expected(Instant now) const {
    if (!mean_) return guessed_;
    const Duration measured = *mean_ + 2 * deviation_;
    if (measured <= guessed_) return measured;
    const auto halvings = std::clamp<std::int64_t>((now - recorded_) / kHalfLife, 0, 32);
    return guessed_ + (measured - guessed_) / (std::int64_t{1} << halvings);
  }

 private:
  static constexpr Duration kHalfLife = std::chrono::seconds(10);
  // An upstream may say that it took longer than it did.
  static Duration way_of(Duration elapsed, Duration worked) { return std::max(elapsed - worked, Duration::zero()); }

  std::optional<Duration> mean_;
  Duration deviation_{0};
  Duration guessed_{0};
  Instant recorded_{};
};

}  // namespace sluice::server
