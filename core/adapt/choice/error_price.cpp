#include "core/adapt/choice/error_price.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::adapt {
namespace {

constexpr double kOfTheLatest = 0.05;  // in the mean of the costs

bool is_share(double value) { return value >= 0 && value <= 1; }

}  // namespace

ErrorPrice::ErrorPrice(const ErrorPriceOptions& options) : options_(options), queue_errors_(options.begins_errors) {}

Result<ErrorPrice> ErrorPrice::create(const ErrorPriceOptions& options) {
  if (!is_share(options.target)) {
    return fail(ErrorCode::kInvalidArgument, {"a target of ", options.target, ": it is a share, from 0 to 1"});
  }
  if (!(options.longest_errors > 0) || !std::isfinite(options.longest_errors) || !(options.begins_errors >= 0) ||
      options.begins_errors > options.longest_errors || !(options.price_per_error > 0) ||
      !std::isfinite(options.price_per_error)) {
    return fail(ErrorCode::kInvalidArgument,
                {"a queue of at most ", options.longest_errors, " errors that begins with ", options.begins_errors,
                 " at a price of ", options.price_per_error, ": all are finite, the first and the last above 0"});
  }
  return ErrorPrice(options);
}

void ErrorPrice::saw(double full_model_cost) {
  if (!std::isfinite(full_model_cost) || full_model_cost <= 0) return;
  full_cost_ = full_cost_ == 0 ? full_model_cost : full_cost_ + kOfTheLatest * (full_model_cost - full_cost_);
}

void ErrorPrice::took(double error) {
  const double counted = is_share(error) ? error : 1;
  queue_errors_ = std::clamp(queue_errors_ + counted - allowed(), 0.0, options_.longest_errors);
}

}  // namespace sluice::adapt
