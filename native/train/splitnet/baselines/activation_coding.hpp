// What SPINN sends of an activation: values of 8 bits between the picture's least and largest, which go along as two floats; the bits
// of equal weight put together ("bit shuffle") or not; then a general compressor. SPINN's is LZ4; here it is zlib's DEFLATE, which
// looks for the same repetitions and codes what is left by Huffman's tables, so it takes fewer bytes. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::train::splitnet::baselines {

inline constexpr std::size_t kRangeBytes = 8;  // of least and largest value

struct Quantised8 {
  std::vector<std::uint8_t> levels;
  float least = 0;
  float step = 0;  // between two levels; 0: all values are the least
};
Quantised8 quantise8(std::span<const float> values);
void dequantise8(const Quantised8& quantised, std::span<float> values);

// All lowest bits, then all second ones, up to the highest; eight of them a byte. Bytes that fill no byte of bits are appended.
std::vector<std::uint8_t> bit_shuffled(std::span<const std::uint8_t> bytes);

// Size of the bytes as a raw DEFLATE stream. kInternal with zlib's number where it fails.
Result<std::size_t> deflated_bytes(std::span<const std::uint8_t> bytes);

}  // namespace sluice::train::splitnet::baselines
