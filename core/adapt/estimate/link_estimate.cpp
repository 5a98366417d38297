#include "core/adapt/estimate/link_estimate.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::adapt {
namespace {

// What the rate to begin with counts like: one message of so many bytes.
constexpr double kFirstBytes = 10'000;
constexpr double kLongestRoundTrip = 60'000;  // ms
constexpr double kShortestCarriedMs = 0.05;   // ms

double ms_of(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

double within(double value, double low, double high) { return std::isnan(value) ? low : std::clamp(value, low, high); }

}  // namespace

LinkEstimate::LinkEstimate(double round_trip_ms, double bytes_per_s)
    : first_round_trip_ms_(within(round_trip_ms, 0, kLongestRoundTrip)), bytes_(kFirstBytes) {
  seconds_ = kFirstBytes / within(bytes_per_s, kSlowest, kFastest);
}

bool LinkEstimate::observe(const Acknowledgement& acknowledgement) {
  const Duration whole = acknowledgement.acknowledged - acknowledgement.sent;
  if (whole < Duration::zero() || acknowledgement.server_time < Duration::zero() ||
      acknowledgement.server_time > whole) {
    ++refused_;
    return false;
  }
  // On a clock that jumped back the last acknowledgement lies in the future and tells nothing of this message.
  const bool overlapped =
      last_acknowledged_ > acknowledgement.sent && last_acknowledged_ <= acknowledgement.acknowledged;
  const Duration alone = overlapped ? acknowledgement.acknowledged - last_acknowledged_ : whole;
  const double bytes = static_cast<double>(acknowledgement.bytes);
  const double whole_ms = ms_of(whole - acknowledgement.server_time);
  // A message that waited for another has used the time of its own round trip while it waited.
  const double own_ms = overlapped ? std::min(whole_ms, ms_of(alone) + round_trip_ms()) : whole_ms;
  ratios_.add(own_ms / std::max(mean_ms(bytes), kShortestCarriedMs));

  const double round_trip = std::max(own_ms - bytes / bytes_per_s() * 1e3, 0.0);
  round_trips_ms_[next_] = std::min(round_trip, kLongestRoundTrip);
  next_ = (next_ + 1) % kRoundTrips;
  round_trips_ = std::min(round_trips_ + 1, kRoundTrips);

  const double carried_s = std::max((own_ms - round_trip_ms()) / 1e3, bytes / kFastest);
  bytes_ = kForgetting * bytes_ + bytes;
  seconds_ = kForgetting * seconds_ + carried_s;
  missed_bytes_per_s_ = kFastest;
  last_acknowledged_ = acknowledgement.acknowledged;
  ++observations_;
  return true;
}

void LinkEstimate::waited(std::size_t bytes, Instant sent, Instant now) {
  const double late_ms = ms_of(now - sent) - round_trip_ms();
  if (late_ms <= 0) return;
  missed_bytes_per_s_ = std::max(std::min(missed_bytes_per_s_, static_cast<double>(bytes) / late_ms * 1e3), kSlowest);
}

double LinkEstimate::round_trip_ms() const {
  if (round_trips_ == 0) return first_round_trip_ms_;
  return *std::min_element(round_trips_ms_.begin(),
                           round_trips_ms_.begin() + static_cast<std::ptrdiff_t>(round_trips_));
}

double LinkEstimate::bytes_per_s() const {
  const double rate = seconds_ > 0 ? bytes_ / seconds_ : kFastest;
  return std::clamp(std::min(rate, missed_bytes_per_s_), kSlowest, kFastest);
}

double LinkEstimate::mean_ms(double bytes) const { return round_trip_ms() + bytes / bytes_per_s() * 1e3; }

TimeEstimate LinkEstimate::predict(std::size_t bytes) const {
  const double mean = mean_ms(static_cast<double>(bytes));
  return {mean, mean * std::max(ratios_.at(kHighQuantile, 1), 1.0)};
}

}  // namespace sluice::adapt
