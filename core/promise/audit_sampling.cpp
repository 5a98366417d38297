#include "core/promise/audit_sampling.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::promise {
namespace {

// SplitMix64 (Steele, Lea and Flood, 2014): [0, 1).
double next_unit(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t mixed = state;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
  mixed ^= mixed >> 31;
  return static_cast<double>(mixed >> 11) * 0x1p-53;
}

Result<void> check(const char* name, double value, double above, double most) {
  if (value > above && value <= most) return {};
  return fail(ErrorCode::kInvalidArgument, {name, " is ", value, "; it must be above ", above, ", at most ", most});
}

}  // namespace

Result<AuditSampling> AuditSampling::create(const AuditOptions& options) {
  constexpr double kMostFactor = 1000;
  constexpr double kMostInputs = 1e9;
  for (const auto& checked :
       {check("share", options.share, 0, 1), check("uncertain_factor", options.uncertain_factor, 0.999, kMostFactor),
        check("begin_factor", options.begin_factor, 0.999, kMostFactor),
        check("begin_inputs", options.begin_inputs, 0, kMostInputs)}) {
    if (!checked) return fail(checked.error());
  }
  return AuditSampling(options);
}

double AuditSampling::probability(double expected) const {
  const double deviation = expected >= 0 && expected <= 1 ? std::sqrt(expected * (1 - expected)) : 0.5;
  const double factor = 1 + (options_.uncertain_factor - 1) * 2 * deviation;
  return std::min(1.0, options_.share * factor * (1 + std::max(0.0, urgency_)));
}

AuditDraw AuditSampling::draw(double expected) {
  AuditDraw draw{probability(expected), false};
  draw.audited = next_unit(state_) < draw.probability;
  urgency_ -= urgency_ / std::max(1.0, options_.begin_inputs);
  return draw;
}

}  // namespace sluice::promise
