#include "core/promise/estimated_errors.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::promise {
namespace {

constexpr double kProbabilityMemory = 0.99;  // of the mean probability of an audit

}  // namespace

Result<EstimatedErrors> EstimatedErrors::create(const EstimateOptions& options) {
  if (!(options.recent_inputs > 1) || !std::isfinite(options.recent_inputs)) {
    return fail(ErrorCode::kInvalidArgument, {"recent_inputs is ", options.recent_inputs, "; it must be above 1"});
  }
  return EstimatedErrors(1 - 1 / options.recent_inputs);
}

void EstimatedErrors::add(Sums& sums, const AuditedInput& input, double keep) {
  sums.inputs = sums.inputs * keep + 1;
  sums.errors *= keep;
  sums.variance *= keep * keep;
  sums.expected_variance *= keep * keep;
  if (input.by_full_model) return;
  const double q = input.audit_probability;
  sums.probability = sums.any_answer ? sums.probability * kProbabilityMemory + q * (1 - kProbabilityMemory) : q;
  sums.any_answer = true;
  sums.errors += input.expected;
  sums.expected_variance += (1 - q) / q * input.expected * (1 - input.expected);
  if (!input.audited) return;
  const double off = (input.wrong ? 1 : 0) - input.expected;
  sums.errors += off / q;
  sums.variance += (1 - q) / (q * q) * off * off;
}

Result<void> EstimatedErrors::count(const AuditedInput& input) {
  if (!is_valid(input)) {
    return fail(ErrorCode::kInvalidArgument, {"an input that was audited with probability ", input.audit_probability,
                                              " cannot be counted; it must be above 0, at most 1, and wrong only where "
                                              "it was audited"});
  }
  ++inputs_;
  if (!input.by_full_model && input.audited) ++audits_;
  if (input.wrong) ++found_;
  add(whole_, input, 1);
  add(recent_, input, keep_);
  return {};
}

ErrorEstimate EstimatedErrors::estimate(const Sums& sums) {
  ErrorEstimate made;
  made.inputs = sums.inputs;
  made.errors = std::max(0.0, sums.errors);
  if (!sums.any_answer) return made;
  // The error that would have been found next: without it, nothing found would mean that nothing is uncertain.
  const double unseen = (1 - sums.probability) / (sums.probability * sums.probability);
  made.deviation =
      std::sqrt(sums.expected_variance > 0 ? std::max(sums.variance, sums.expected_variance) : sums.variance + unseen);
  return made;
}

}  // namespace sluice::promise
