// The link to a server, from the replies that come anyway: how long nothing takes on it (the round trip) and how many bytes a second it
// carries, and from both how long a message will take until it is there and acknowledged. One clock, the sender's; the server only says
// how long it took itself.
//
// Two speeds: the round trip changes little, so it is the constant of a line through the times by their bytes (least squares, slowly
// forgetting), never longer than the shortest of the last 32 acknowledgements. The rate changes fast: bytes over what the last
// acknowledgements took beyond the round trip, each counting for less by kForgetting at the next, so that large messages, which tell most,
// weigh most. Messages that overlap on the link share it: the later one's time begins when the earlier one was acknowledged. Quantiles are
// those of actual over predicted (ResidualQuantile).
//
// What it does about odd times: an acknowledgement before its sending (a clock that jumped back), or a server's time longer than the whole,
// is not learnt from and counted in refused(). No time at all left for the bytes means a link faster than can be measured: kFastest bytes a
// second. A link that carries nothing: no acknowledgement comes, and waited() lets the estimate grow with the wait, so that it is never
// better than what has already been missed. Nothing is allocated, there is no clock. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/adapt/estimate/recursive_least_squares.hpp"
#include "core/adapt/estimate/residual_quantile.hpp"
#include "core/adapt/estimate/time_estimate.hpp"
#include "core/base/time.hpp"

namespace sluice::adapt {

class LinkEstimate {
 public:
  static constexpr double kFastest = 1.25e9;  // bytes a second: 10 Gbit/s
  static constexpr double kSlowest = 1;
  static constexpr double kForgetting = 0.7;

  // Before the first acknowledgement this is believed. Values that are not finite or outside the bounds are brought into them.
  LinkEstimate(double round_trip_ms, double bytes_per_s);

  struct Acknowledgement {
    std::size_t bytes = 0;  // of the message, and of its reply where that is larger
    Instant sent;
    Instant acknowledged;
    Duration server_time{0};  // from its arrival to the reply's departure
  };
  // Answers whether it was learnt from.
  bool observe(const Acknowledgement& acknowledgement);
  // A message of so many bytes, sent then, has no acknowledgement yet.
  void waited(std::size_t bytes, Instant sent, Instant now);

  // From sending to the acknowledgement, without the server's time.
  TimeEstimate predict(std::size_t bytes) const;
  double round_trip_ms() const;
  double bytes_per_s() const;
  std::uint64_t refused() const { return refused_; }
  std::uint64_t observations() const { return observations_; }

 private:
  double mean_ms(double bytes) const;
  void learn_round_trip(double bytes, double took_ms);

  static constexpr std::size_t kWindow = 32;
  double first_round_trip_ms_;
  RecursiveLeastSquares line_;  // of 1 and bytes
  std::array<double, kWindow> last_ms_{};
  double bytes_;  // discounted sums
  double seconds_;
  double missed_bytes_per_s_ = kFastest;  // a message under way has shown that the link is no faster
  Instant last_acknowledged_ = Instant::min();
  ResidualQuantile ratios_;
  std::uint64_t refused_ = 0;
  std::uint64_t observations_ = 0;
};

}  // namespace sluice::adapt
