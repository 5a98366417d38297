// Which scores each question answers, so that what the promise allows is spent and not more: all answers that are wrong no more often than some
// rate, the same for all questions, since each saves one run of the model and those that are seldom wrong save it for the least. The
// rate is the highest at which the errors expected over the next inputs, by how often answers are wrong at each score and how often such scores come
// (error_curve.hpp), fit into what is left of the allowance. What is left is what the target allows so far, less what was spent by estimate
// and margin (estimated_errors.hpp): of the whole stream and of its last inputs, whichever is less, so that a good morning does not pay
// for a bad evening. An answer that is more likely wrong than right is not given, whatever the target would allow: on a stream where everything is
// needed the questions get out of the way. The first inputs go by the thresholds that the caller begins with, calibrated ones. Plain numbers, nothing allocated. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "core/base/result.hpp"
#include "core/promise/error_curve.hpp"
#include "core/promise/estimated_errors.hpp"

namespace sluice::promise {

inline constexpr std::size_t kMostQuestions = 4;

struct ControlOptions {
  double target = 0.9;              // [0, 1)
  double deviations = 1;            // of the estimate, that the margin is, at least 0
  double curve_deviations = 1;      // the same of what the curves expect
  double look_ahead_inputs = 1500;  // above 0
  double first_inputs = 40;         // at least 0
  double most_rate = 0.75;          // at which answers of a score may be wrong, [0, 1]
};

class ThresholdControl {
 public:
  // `begins`: thresholds for the first inputs, at most kMostQuestions; 0 where there is none. kInvalidArgument names the option out of its range.
  static Result<ThresholdControl> create(const ControlOptions& options, std::span<const float> begins = {});

  // Of the curve of that place: answers have scores below it; 0: none has.
  float threshold(std::size_t question) const {
    return begun_ ? ErrorCurve::lower_edge(bins_[question]) : begins_[question];
  }
  // Chooses anew, by curves that are smooth, at most kMostQuestions.
  void choose(std::span<const ErrorCurve> curves, const EstimatedErrors& spent);
  // The share of the next inputs that may be wrong, below 0 where too many were.
  double may_spend(const EstimatedErrors& spent) const;
  const ControlOptions& options() const { return options_; }

  // Its state for promise_state.hpp, to or from bytes.
  template <typename Archive>
  void archive(Archive& to) {
    std::uint64_t begun = begun_ ? 1 : 0;
    to.count(begun, 1);
    begun_ = begun != 0;
    for (std::size_t& bin : bins_) {
      std::uint64_t number = bin;
      to.count(number, ErrorCurve::kBins);
      bin = static_cast<std::size_t>(number);
    }
  }

 private:
  ThresholdControl(const ControlOptions& options, std::span<const float> begins);
  double left(const ErrorEstimate& spent) const;

  ControlOptions options_;
  bool begun_ = false;
  std::array<float, kMostQuestions> begins_{};
  std::array<std::size_t, kMostQuestions> bins_{};
};

}  // namespace sluice::promise
