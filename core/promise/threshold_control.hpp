// Which scores a question answers, so that what the promise allows is spent and not more: the highest threshold at which the errors expected over
// the next inputs, by how often answers are wrong at each score and how often such scores come (error_curve.hpp), fit into what is left of
// the allowance. What is left is what the target allows so far, less what was spent by estimate and margin (estimated_errors.hpp): of the
// whole stream and of its last inputs, whichever is less, so that a good morning does not pay for a bad evening.
// The first inputs are answered by nobody but the full model. Plain numbers, nothing allocated. One thread at a time.
#pragma once

#include <cstdint>

#include "core/base/result.hpp"
#include "core/promise/error_curve.hpp"
#include "core/promise/estimated_errors.hpp"

namespace sluice::promise {

struct ControlOptions {
  double target = 0.9;             // [0, 1)
  double deviations = 1.3;         // of the estimate, that the margin is, at least 0
  double curve_deviations = 1;     // the same of what the curve expects
  double look_ahead_inputs = 700;  // above 0
  double first_inputs = 40;        // at least 0
};

class ThresholdControl {
 public:
  // kInvalidArgument names the option out of its range.
  static Result<ThresholdControl> create(const ControlOptions& options);

  // Answers have scores below it; 0: none has.
  float threshold() const { return ErrorCurve::lower_edge(bin_); }
  // Chooses anew. `curve` is smooth.
  void choose(const ErrorCurve& curve, const EstimatedErrors& spent);
  // The share of the next inputs that may be wrong, below 0 where too many were.
  double may_spend(const EstimatedErrors& spent) const;

 private:
  explicit ThresholdControl(const ControlOptions& options) : options_(options) {}
  double left(const ErrorEstimate& spent) const;

  ControlOptions options_;
  std::size_t bin_ = 0;
};

}  // namespace sluice::promise
