// Whether the promise of a bundle in two halves would hold, had it been calibrated on other pictures: again and again one half of the
// measured pictures, drawn at random, calibrates as training does, the point that promises a target is taken, and what it keeps is
// counted on the other half. That half is a sample as well: where a target lies just at a point's bound, a promise that is right 95 times
// in a hundred is seen to be kept 88 times. Pure functions, the same each time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "native/eval/split/split_measurement.hpp"

namespace sluice::eval {

struct PromiseAtTarget {
  double target = 0;
  std::uint32_t draws = 0;
  std::uint32_t promised =
      0;                   // draws in which a point promises the target; in the others pictures go to the full model
  std::uint32_t kept = 0;  // of them, those in which the other half agreed as often
  double bytes = 0;        // mean of the promised draws
  double agreement = 0;    // so

  // Nothing where no draw promised it.
  std::optional<double> kept_share() const {
    return promised == 0 ? std::nullopt : std::optional(static_cast<double>(kept) / promised);
  }
};

inline constexpr std::uint32_t kPromiseDraws = 1000;

// For each target, in order.
std::vector<PromiseAtTarget> resample_promise(const SplitMeasurement& measured, std::span<const double> targets,
                                              std::uint32_t draws = kPromiseDraws);

// Of all promised draws of all targets.
std::optional<double> kept_share_of(std::span<const PromiseAtTarget> promises);

std::string promise_table(std::span<const PromiseAtTarget> promises);

}  // namespace sluice::eval
