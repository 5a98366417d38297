#include "core/adapt/estimate/link_estimate.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::adapt {
namespace {

// What the rate to begin with counts like: one message of so many bytes.
constexpr double kFirstBytes = 10'000;
constexpr double kLongestRoundTripMs = 60'000;
constexpr double kRelativeScatter = 0.2;     // of a time, of its size
constexpr double kShortestCarriedMs = 0.05;  // ms

double ms_of(Duration duration) { return static_cast<double>(duration.count()) / 1e3; }

double within(double value, double low, double high) { return std::isnan(value) ? low : std::clamp(value, low, high); }

LeastSquaresOptions line_options(double round_trip_ms, double bytes_per_s) {
  LeastSquaresOptions options;
  options.predictors = 2;
  options.typical = {1, 1e5};
  options.initial = {round_trip_ms, 1e3 / bytes_per_s};
  options.forgetting = 0.95;
  return options;
}

}  // namespace

LinkEstimate::LinkEstimate(double round_trip_ms, double bytes_per_s)
    : first_round_trip_ms_(within(round_trip_ms, 0, kLongestRoundTripMs)),
      line_(
          *RecursiveLeastSquares::create(line_options(first_round_trip_ms_, within(bytes_per_s, kSlowest, kFastest)))),
      bytes_(kFirstBytes),
      seconds_(kFirstBytes / within(bytes_per_s, kSlowest, kFastest)) {}

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

  learn_round_trip(bytes, own_ms);
  ++observations_;
  const double carried_s = std::max((own_ms - round_trip_ms()) / 1e3, bytes / kFastest);
  bytes_ = kForgetting * bytes_ + bytes;
  seconds_ = kForgetting * seconds_ + carried_s;
  missed_bytes_per_s_ = kFastest;
  last_acknowledged_ = acknowledgement.acknowledged;
  return true;
}

void LinkEstimate::waited(std::size_t bytes, Instant sent, Instant now) {
  const double late_ms = ms_of(now - sent) - round_trip_ms();
  if (late_ms <= 0) return;
  missed_bytes_per_s_ = std::max(std::min(missed_bytes_per_s_, static_cast<double>(bytes) / late_ms * 1e3), kSlowest);
}

void LinkEstimate::learn_round_trip(double bytes, double took_ms) {
  const double scatter = kRelativeScatter * std::max({took_ms, mean_ms(bytes), 1.0});
  // Refuses only times beyond computing with, which say nothing of a round trip.
  (void)line_.observe(std::array{1.0, bytes}, took_ms, 1 / (scatter * scatter));
  last_ms_[observations_ % kWindow] = took_ms;
}

double LinkEstimate::round_trip_ms() const {
  const std::uint64_t known = std::min<std::uint64_t>(observations_, kWindow);
  if (known == 0) return first_round_trip_ms_;
  const double shortest = *std::min_element(last_ms_.begin(), last_ms_.begin() + static_cast<std::ptrdiff_t>(known));
  return std::clamp(line_.coefficient(0), 0.0, std::min(shortest, kLongestRoundTripMs));
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
