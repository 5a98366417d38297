#include "core/adapt/estimate/transfer_correction.hpp"

#include <cmath>

namespace sluice::adapt {

bool TransferCorrection::observe(double error_ms) {
  if (!std::isfinite(error_ms)) return false;
  delta_ms_ = (rule_ == CorrectionRule::kReleased ? 1.5 : 0.5) * delta_ms_ + 0.5 * error_ms;
  return true;
}

}  // namespace sluice::adapt
