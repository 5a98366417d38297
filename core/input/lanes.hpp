// Eight 16-bit numbers that a resampling step works on at once, in the compiler's own vectors: SSE or NEON natively, SIMD
// in WebAssembly. Integer arithmetic wraps alike everywhere, so each machine gets the same bits. No state; internal to
// core/input.
#pragma once

#include <cstdint>
#include <cstring>

namespace sluice::input {

inline constexpr std::uint32_t kLanes = 8;

using Lanes8 = std::uint8_t __attribute__((vector_size(kLanes)));
using Lanes16 = std::uint16_t __attribute__((vector_size(2 * kLanes)));
using HalfLanes16 = std::uint16_t __attribute__((vector_size(kLanes)));
using HalfLanes32 = std::uint32_t __attribute__((vector_size(2 * kLanes)));
using QuarterLanes32 = std::uint32_t __attribute__((vector_size(kLanes)));
using QuarterLanes64 = std::uint64_t __attribute__((vector_size(2 * kLanes)));

inline Lanes16 load_lanes(const std::uint16_t* from) {
  Lanes16 lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

inline Lanes16 load_lanes(const std::uint8_t* from) {
  Lanes8 lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return __builtin_convertvector(lanes, Lanes16);
}

inline HalfLanes32 load_half(const std::uint32_t* from) {
  HalfLanes32 lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

inline void store_lanes(Lanes16 lanes, std::uint16_t* to) { std::memcpy(to, &lanes, sizeof lanes); }

// The lower and the upper four, as 32 bits.
inline HalfLanes32 lower_half(Lanes16 lanes) {
  return __builtin_convertvector(__builtin_shufflevector(lanes, lanes, 0, 1, 2, 3), HalfLanes32);
}
inline HalfLanes32 upper_half(Lanes16 lanes) {
  return __builtin_convertvector(__builtin_shufflevector(lanes, lanes, 4, 5, 6, 7), HalfLanes32);
}

// (a * b + addend) >> shift, taken modulo 2^32. The widened products are the instruction that multiplies 32 by 32 bits only
// where `b` comes from memory: a compiler widens what it has in a register ahead of a loop, and then multiplies 64 by 64.
inline HalfLanes32 multiply_shift(HalfLanes32 a, HalfLanes32 b, std::uint64_t addend, std::uint64_t shift) {
  const auto widen = [](QuarterLanes32 lanes) { return __builtin_convertvector(lanes, QuarterLanes64); };
  const QuarterLanes64 low = widen(__builtin_shufflevector(a, a, 0, 1)) * widen(__builtin_shufflevector(b, b, 0, 1));
  const QuarterLanes64 high = widen(__builtin_shufflevector(a, a, 2, 3)) * widen(__builtin_shufflevector(b, b, 2, 3));
  const auto low_lanes = reinterpret_cast<HalfLanes32>((low + addend) >> shift);
  const auto high_lanes = reinterpret_cast<HalfLanes32>((high + addend) >> shift);
  return __builtin_shufflevector(low_lanes, high_lanes, 0, 2, 4, 6);
}

// The smaller of each lane and `bound`, which is below 2^16, as 16 bits.
inline Lanes16 narrow(HalfLanes32 low, HalfLanes32 high, std::uint32_t bound) {
  const HalfLanes32 most = HalfLanes32{} + bound;
  const auto low_lanes = reinterpret_cast<Lanes16>(low < most ? low : most);
  const auto high_lanes = reinterpret_cast<Lanes16>(high < most ? high : most);
  return __builtin_shufflevector(low_lanes, high_lanes, 0, 2, 4, 6, 8, 10, 12, 14);
}

// Merges row i with row i + 4, which turns the six bits of an element's place (row, column) round by one.
inline void turn_places(Lanes16 (&rows)[kLanes]) {
  const auto low = [](Lanes16 a, Lanes16 b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); };
  const auto high = [](Lanes16 a, Lanes16 b) { return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15); };
  const Lanes16 a = rows[0], b = rows[1], c = rows[2], d = rows[3];
  const Lanes16 e = rows[4], f = rows[5], g = rows[6], h = rows[7];
  rows[0] = low(a, e);
  rows[1] = high(a, e);
  rows[2] = low(b, f);
  rows[3] = high(b, f);
  rows[4] = low(c, g);
  rows[5] = high(c, g);
  rows[6] = low(d, h);
  rows[7] = high(d, h);
}

// rows[r][c] -> rows[c][r]: after three turns row and column have changed places. Written out rather than as a loop, so
// that the rows stay in registers.
inline void transpose(Lanes16 (&rows)[kLanes]) {
  turn_places(rows);
  turn_places(rows);
  turn_places(rows);
}

}  // namespace sluice::input
