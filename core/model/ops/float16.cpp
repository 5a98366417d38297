#include "core/model/ops/float16.hpp"

#include <bit>
#include <cmath>

namespace sluice::model::ops {
namespace {

// A float that rounds to half precision as the double itself would: what does not fit sets the last bit ("round to
// odd"), so that no tie appears that was not there.
float narrow_to_odd(double value) {
  const float nearest = static_cast<float>(value);
  if (std::isnan(nearest) || std::isinf(nearest) || static_cast<double>(nearest) == value) return nearest;
  const float towards_zero =
      std::fabs(static_cast<double>(nearest)) > std::fabs(value) ? std::nextafter(nearest, 0.0F) : nearest;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(towards_zero) | 1U);
}

// Drops `count` low bits, rounding to nearest even.
std::uint32_t round_off(std::uint32_t bits, unsigned count) {
  const std::uint32_t half = 1U << (count - 1);
  const std::uint32_t odd = (bits >> count) & 1U;
  return (bits + half - 1U + odd) >> count;
}

}  // namespace

Float16::Float16(float value) {
  const auto word = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((word >> 16) & 0x8000U);
  const std::uint32_t magnitude = word & 0x7fffffffU;
  std::uint32_t half = 0;
  if (magnitude > 0x7f800000U) {
    half = 0x7e00U;  // NaN
  } else if (magnitude >= 0x47800000U) {
    half = 0x7c00U;  // 65536 and above
  } else if (magnitude >= 0x38800000U) {
    half = round_off(magnitude - 0x38000000U, 13);  // normal; a carry into the exponent is the right answer
  } else if (magnitude >= 0x33000000U) {
    const unsigned shift = 126U - (magnitude >> 23);
    half = round_off((magnitude & 0x7fffffU) | 0x800000U, shift);  // subnormal
  }
  bits = static_cast<std::uint16_t>(sign | half);
}

Float16::Float16(double value) : Float16(narrow_to_odd(value)) {}

Float16::operator float() const {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fU;
  const std::uint32_t mantissa = bits & 0x3ffU;
  if (exponent == 0x1fU) return std::bit_cast<float>(sign | 0x7f800000U | (mantissa << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112U) << 23) | (mantissa << 13));
  const float subnormal = static_cast<float>(mantissa) * 0x1p-24F;
  return sign != 0 ? -subnormal : subnormal;
}

}  // namespace sluice::model::ops
