// Numbers out of a unit's bytes, whose order is little-endian on every machine and which need not be aligned. Compilers make one
// load of it where that is the machine's own order.
#pragma once

#include <bit>
#include <cstdint>

namespace sluice::split {

constexpr std::uint16_t little_u16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] | at[1] << 8); }

constexpr std::uint32_t little_u32(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) | static_cast<std::uint32_t>(at[1]) << 8 |
         static_cast<std::uint32_t>(at[2]) << 16 | static_cast<std::uint32_t>(at[3]) << 24;
}

constexpr std::int32_t little_i32(const std::uint8_t* at) { return static_cast<std::int32_t>(little_u32(at)); }

constexpr float little_f32(const std::uint8_t* at) { return std::bit_cast<float>(little_u32(at)); }

}  // namespace sluice::split
