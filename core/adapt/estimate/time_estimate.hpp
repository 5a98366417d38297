// How long something will take: the mean, and what it stays below 19 times out of 20. Milliseconds, finite, the second not below the
// first. Plain values.
#pragma once

#include <initializer_list>

namespace sluice::adapt {

struct TimeEstimate {
  double mean_ms = 0;
  double p95_ms = 0;
  friend bool operator==(const TimeEstimate&, const TimeEstimate&) = default;
};

inline constexpr double kHighQuantile = 0.95;
// By how many deviations it lies above the mean of a normal distribution, by which the two are converted.
inline constexpr double kHighQuantileDeviations = 1.645;

// Whether it is one: finite, not negative, in order.
bool is_time(const TimeEstimate& time);
double deviation_of(const TimeEstimate& time);
TimeEstimate time_of(double mean_ms, double deviation_ms);

// Of stages one after another. Means add; what the slow cases add to them is taken to be independent from stage to stage, so that it adds
// as deviations do, in squares.
TimeEstimate in_sequence(std::initializer_list<TimeEstimate> stages);

}  // namespace sluice::adapt
