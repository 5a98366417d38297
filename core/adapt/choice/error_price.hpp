// What an error costs at this moment, so that a choice that looks at one input alone keeps a promise about the mean of all: a virtual queue
// of the errors taken on, emptied at what the promise allows an input. While fewer errors are taken than are allowed the price falls, so that
// cheaper answers are taken; it settles where the errors come to what is allowed (drift plus penalty, Neely). Between prices that
// two neighbouring mixes answer to it swings, which makes the mix of both.
//
// The queue has a longest length, and begins at it unless told otherwise. Who takes no answer of more than error_at_most() expected errors
// then has taken, after any number of inputs, no more than was allowed in the mean. The price is in the unit of costs: by what
// the full model's answer cost lately, so that no scale needs to be set. Being late is priced by another one of these. Plain numbers, no clock, nothing allocated. One thread at a time.
#pragma once

#include <cstdint>

#include "core/base/result.hpp"

namespace sluice::adapt {

struct ErrorPriceOptions {
  double target = 0.9;         // share of answers that are the full model's, in the mean, [0, 1]
  double longest_errors = 8;   // of the queue, above 0
  double begins_errors = 8;    // its length at first, [0, longest]; shorter allows that much more at first
  double price_per_error = 4;  // the price is this times the queue times the full model's cost, above 0
};

class ErrorPrice {
 public:
  // kInvalidArgument for options outside of their ranges.
  static Result<ErrorPrice> create(const ErrorPriceOptions& options);

  // Cost for an error that is certain.
  double price() const { return queue_errors_ * options_.price_per_error * full_cost_; }
  // The most expected errors that one answer may have without the queue growing beyond its longest.
  double error_at_most() const { return allowed() + options_.longest_errors - queue_errors_; }
  double allowed() const { return 1 - options_.target; }
  double queue_errors() const { return queue_errors_; }

  // What the full model's answer to an input would have cost. What is not finite or not above 0 is ignored.
  void saw(double full_model_cost);
  // An answer was given, of so many expected errors. What is not in [0, 1] counts as a certain error.
  void took(double error);

 private:
  explicit ErrorPrice(const ErrorPriceOptions& options);

  ErrorPriceOptions options_;
  double queue_errors_;
  double full_cost_ = 0;
};

}  // namespace sluice::adapt
