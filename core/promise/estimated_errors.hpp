// How many answers were wrong, as far as audits tell, and how far off that may be: what was expected of each, and by how much audits found it
// otherwise, each time 1 / q (the difference estimator of survey sampling; with nothing expected that of Horvitz and Thompson). In the mean it
// is right whatever was expected; the better the expectation, the less it is off. It is what a controller spends by; it is not proven
// (proven_errors.hpp). Of the whole stream, and of its last inputs, older ones counting for less.
// Plain numbers, nothing allocated. One thread at a time.
#pragma once

#include <cstdint>

#include "core/base/result.hpp"
#include "core/promise/state_bytes.hpp"
#include "core/promise/audited_input.hpp"

namespace sluice::promise {

struct ErrorEstimate {
  double inputs = 0;
  double errors = 0;
  double deviation =
      0;  // standard deviation of `errors`, as the audits tell or as was expected, whichever is more; where nothing was
          // expected with what one more found would add

  double rate() const { return inputs > 0 ? errors / inputs : 0; }
  double upper_rate(double deviations) const { return inputs > 0 ? (errors + deviations * deviation) / inputs : 0; }
};

struct EstimateOptions {
  double recent_inputs = 4000;  // that the recent estimate is of, in the mean; above 1
};

class EstimatedErrors {
 public:
  // kInvalidArgument for options out of their ranges.
  static Result<EstimatedErrors> create(const EstimateOptions& options = {});

  // kInvalidArgument for one that is_valid() refuses; then nothing is counted.
  Result<void> count(const AuditedInput& input);

  ErrorEstimate whole() const { return estimate(whole_); }
  ErrorEstimate recent() const { return estimate(recent_); }
  std::uint64_t inputs() const { return inputs_; }
  std::uint64_t audits() const { return audits_; }
  std::uint64_t found() const { return found_; }

  // Its state for promise_state.hpp, to or from bytes.
  template <typename Archive>
  void archive(Archive& to) {
    for (Sums* sums : {&whole_, &recent_}) {
      to.real(sums->inputs, 0, kMostCount);
      to.real(sums->errors, -kMostCount, kMostCount);
      to.real(sums->variance, 0, kMostCount);
      to.real(sums->expected_variance, 0, kMostCount);
      to.real(sums->probability, 0, 1);
      std::uint64_t any = sums->any_answer ? 1 : 0;
      to.count(any, 1);
      sums->any_answer = any != 0;
    }
    for (std::uint64_t* number : {&inputs_, &audits_, &found_}) to.count(*number, std::uint64_t{1} << 53);
  }

 private:
  struct Sums {
    double inputs = 0;
    double errors = 0;
    double variance = 0;  // as audits tell
    double expected_variance = 0;
    double probability = 1;  // at which answers are audited, lately
    bool any_answer = false;
  };

  explicit EstimatedErrors(double keep) : keep_(keep) {}
  static ErrorEstimate estimate(const Sums& sums);
  static void add(Sums& sums, const AuditedInput& input, double keep);

  double keep_;  // of the recent sums, from one input to the next
  Sums whole_;
  Sums recent_;
  std::uint64_t inputs_ = 0;
  std::uint64_t audits_ = 0;
  std::uint64_t found_ = 0;
};

}  // namespace sluice::promise
