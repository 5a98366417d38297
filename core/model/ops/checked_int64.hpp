// Shape arithmetic on numbers from a model: a 64-bit integer that remembers whether any step overflowed. Formulas stay
// readable and are tested once, at the end: `const auto extent = CheckedInt64(kernel - 1) * dilation + 1;`.
#pragma once

#include <cstdint>

namespace sluice::model::ops {

class CheckedInt64 {
 public:
  constexpr CheckedInt64(std::int64_t value) : value_(value) {}  // NOLINT: numbers convert freely, that is the point

  // Meaningless unless ok().
  constexpr std::int64_t value() const { return value_; }
  constexpr bool ok() const { return ok_; }

  friend constexpr CheckedInt64 operator+(CheckedInt64 a, CheckedInt64 b) {
    CheckedInt64 sum = merged(a, b);
    if (__builtin_add_overflow(a.value_, b.value_, &sum.value_)) sum.ok_ = false;
    return sum;
  }
  friend constexpr CheckedInt64 operator-(CheckedInt64 a, CheckedInt64 b) {
    CheckedInt64 difference = merged(a, b);
    if (__builtin_sub_overflow(a.value_, b.value_, &difference.value_)) difference.ok_ = false;
    return difference;
  }
  friend constexpr CheckedInt64 operator*(CheckedInt64 a, CheckedInt64 b) {
    CheckedInt64 product = merged(a, b);
    if (__builtin_mul_overflow(a.value_, b.value_, &product.value_)) product.ok_ = false;
    return product;
  }

 private:
  static constexpr CheckedInt64 merged(CheckedInt64 a, CheckedInt64 b) {
    CheckedInt64 both(0);
    both.ok_ = a.ok_ && b.ok_;
    return both;
  }

  std::int64_t value_ = 0;
  bool ok_ = true;
};

}  // namespace sluice::model::ops
