// From the scale of a sum to that of a result, in whole numbers: times a mantissa of 24 bits, divided by a power of two, rounded
// to the nearest, halves upwards. The same on every machine. In a unit: mantissa * 256 + shift, 4 bytes.
#pragma once

#include <cstdint>

namespace sluice::split {

inline constexpr std::uint32_t kLeastShift = 1;
inline constexpr std::uint32_t kMostShift = 62;

// Whether the four bytes are a rescale that can be applied without overflow.
constexpr bool is_rescale(std::uint32_t packed) {
  const std::uint32_t shift = packed & 0xFF;
  return shift >= kLeastShift && shift <= kMostShift;
}

// A sum is below 2^31 and a mantissa below 2^24, so that half a unit of the largest shift can still be added.
constexpr std::int64_t rescale(std::int32_t sum, std::uint32_t packed) {
  const std::uint32_t shift = packed & 0xFF;
  const std::int64_t product = static_cast<std::int64_t>(sum) * static_cast<std::int64_t>(packed >> 8);
  return (product + (std::int64_t{1} << (shift - 1))) >> shift;
}

}  // namespace sluice::split
