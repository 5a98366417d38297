#include "core/adapt/choice/error_correction.hpp"

#include <algorithm>

namespace sluice::adapt {

void ErrorCorrection::observe(double expected, bool wrong) {
  if (!(expected >= 0 && expected <= 1)) return;
  expected_ = kForgetting * expected_ + expected;
  wrong_ = kForgetting * wrong_ + (wrong ? 1 : 0);
}

double ErrorCorrection::ratio() const { return std::max((kPriorErrors + wrong_) / (kPriorErrors + expected_), 1.0); }

double ErrorCorrection::corrected(double expected) const {
  return expected >= 0 && expected <= 1 ? std::min(expected * ratio(), 1.0) : expected;
}

}  // namespace sluice::adapt
