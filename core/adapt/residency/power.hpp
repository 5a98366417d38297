// A power whose usual exponents cost no call.
#pragma once

#include <cmath>

namespace sluice::residency {

inline double power(double base, double exponent) {
  if (exponent == 1) return base;
  return exponent == 0 ? 1 : std::pow(base, exponent);
}

}  // namespace sluice::residency
