// From the scale of a sum to that of a result, which is coarser, in whole numbers: times a mantissa of 24 bits, divided by a power of
// two, rounded to the nearest, halves upwards. The same on every machine. In a unit: mantissa * 256 + shift, 4 bytes.
#pragma once

#include <cstdint>

namespace sluice::split {

inline constexpr std::uint32_t kLeastShift = 24;  // of a factor below 1: results fit 32 bits as sums do
inline constexpr std::uint32_t kMostShift = 62;

// Whether the four bytes are a rescale that can be applied.
constexpr bool is_rescale(std::uint32_t packed) {
  const std::uint32_t shift = packed & 0xFF;
  return shift >= kLeastShift && shift <= kMostShift;
}

// floor(sum * mantissa / 2^shift + 1/2): shifted to the last but one bit, one added there. The product is below 2^55.
constexpr std::int32_t rescale(std::int32_t sum, std::uint32_t packed) {
  const std::int64_t product = static_cast<std::int64_t>(sum) * static_cast<std::int32_t>(packed >> 8);
  return static_cast<std::int32_t>(((product >> ((packed & 0xFF) - 1)) + 1) >> 1);
}

}  // namespace sluice::split
