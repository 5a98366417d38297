// Conversion of a floating-point number to another arithmetic type where C++ leaves the result undefined: out of range
// becomes the nearest value of the type, NaN becomes 0.
#pragma once

#include <limits>
#include <type_traits>

namespace sluice::model::ops {

template <typename T>
constexpr T saturate(double value) {
  if constexpr (!std::is_integral_v<T>) {
    return static_cast<T>(value);
  } else {
    // The bounds are powers of two and thus exact; the largest T itself may not be.
    constexpr double kUpper = 2.0 * static_cast<double>(std::numeric_limits<T>::max() / 2 + 1);
    constexpr double kLower = static_cast<double>(std::numeric_limits<T>::min());
    if (!(value == value)) return T{0};
    if (value >= kUpper) return std::numeric_limits<T>::max();
    if (value <= kLower) return std::numeric_limits<T>::min();
    return static_cast<T>(value);
  }
}

}  // namespace sluice::model::ops
