// Whether the promise of a bundle with early exits would hold, had it been calibrated on other inputs: again and again a quarter of
// the measured inputs, drawn at random, chooses and another quarter calibrates, as training does, and the other half is counted. That half
// is a sample as well: a promise that spends all that it may is seen to be kept less often than its confidence says. Pure functions, the
// same each time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "native/eval/exits/exit_profile.hpp"
#include "native/eval/exits/exit_thresholds.hpp"

namespace sluice::eval {

struct ExitPromiseAtTarget {
  ExitPromise promise = ExitPromise::kEachExit;
  double target = 0;
  std::uint32_t draws = 0;
  bool too_few = false;        // inputs in a draw to promise anything
  std::uint32_t promised = 0;  // draws in which an exit opens at all; in the others the model runs whole
  std::uint32_t kept = 0;      // of them, those in which the other half agreed as often as the target says
  // Means of the promised draws.
  double agreement = 0;
  double worst_exit_error = 0;  // of the exit that errs most, its errors being of all draws together
  double multiply_adds = 0;

  std::optional<double> kept_share() const {
    return promised == 0 ? std::nullopt : std::optional(static_cast<double>(kept) / promised);
  }
};

inline constexpr std::uint32_t kExitPromiseDraws = 20;

// Both forms of the promise at each target, in order.
std::vector<ExitPromiseAtTarget> resample_exit_promise(const ExitProfile& profile, const ExitCosts& costs,
                                                       std::span<const double> targets, double confidence,
                                                       std::uint32_t draws = kExitPromiseDraws);

// Of all promised draws of all targets in this form; nothing where most of the draws promised nothing.
std::optional<double> kept_share_of(std::span<const ExitPromiseAtTarget> promises, ExitPromise form);

std::string exit_promise_table(std::span<const ExitPromiseAtTarget> promises, double confidence,
                               double model_multiply_adds);

}  // namespace sluice::eval
