// The thresholds at which the exits of a model are taken. Pure functions on what the exits answered (exit_profile.hpp).
//
// calibrate_exits() keeps a promise (learn then test, Angelopoulos and others, arXiv 2110.01052), in one of two forms:
// - kEachExit: of the inputs that leave at an exit, at least `target` agree with the full model, for every exit (as two-stage
//   calibration conditional on the halt time, arXiv 2402.00857). Exits are settled in their order, since each later one sees the
//   inputs that the earlier ones left; each gets an equal part of the error probability.
// - kWhole: of all inputs at least `target` agree, wherever they leave. `choice` settles a path of thresholds, growing in the
//   errors that each exit makes there; `calibration`, other inputs, how far along it the promise holds. Spends all that is allowed.
// Thresholds are tested from the strictest that enough inputs pass to be tested at all, which does not depend on whether they
// agree, until one fails. The p-value is the exact binomial one.
//
// error_thresholds(): without a promise, each exit as low as it may be for errors of at most `most_error` among those that
// leave there. zero_overlap(): FlexDNN's (SEC'20, III): just above the surest wrong answer.
#pragma once

#include <span>
#include <vector>

#include "native/eval/exits/exit_profile.hpp"

namespace sluice::eval {

enum class ExitPromise : std::uint8_t { kEachExit, kWhole };

// One threshold for each exit, kClosed where none keeps the promise. `confidence`: of the promise.
std::vector<float> calibrate_exits(const ExitProfile& choice, const ExitProfile& calibration, double target,
                                   double confidence, ExitPromise promise);

std::vector<float> error_thresholds(const ExitProfile& profile, double most_error);

std::vector<float> zero_overlap(const ExitProfile& profile);

// Whether a promise cannot be made of so few inputs where every exit is to be heard: of each of them a share of the inputs leaves, and even
// without one error a target takes some before it is shown.
bool too_few_to_calibrate(std::size_t inputs, std::size_t exits, double target, double confidence);

}  // namespace sluice::eval
