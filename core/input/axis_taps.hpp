// Which source cells each output cell of one picture axis reads, and with what weight. Down-scaling averages the
// covered length, up-scaling interpolates linearly between cell centres. Weights are integers, so every machine
// resamples alike. Plain data; build() allocates, bounded by the output length. Safe to read from any thread.
#pragma once

#include <cstdint>
#include <vector>

namespace sluice::input {

// One output cell reads the cells [full_begin, full_end) whole, and left_cell and right_cell in part. Both partial
// cells are valid indices even when their weight is 0.
struct Taps {
  std::uint32_t full_begin = 0;
  std::uint32_t full_end = 0;
  std::uint32_t left_cell = 0;
  std::uint32_t right_cell = 0;
  std::uint32_t left_weight = 0;   // of 1 << weight_bits
  std::uint32_t right_weight = 0;  // of 1 << weight_bits
  std::uint32_t total_weight = 0;  // of all cells together; never 0
  std::uint32_t reciprocal = 0;    // 2^32 / total_weight, rounded
};

struct AxisTaps {
  std::uint32_t weight_bits = 0;
  std::uint32_t max_total_weight = 0;
  std::vector<Taps> taps;  // one for each output cell

  // Maps `source` pixels to `target` ones. The axis is stored in cells of `cell` pixels (2: halved chroma, the last
  // cell may be cut). Preconditions: all at least 1, source and target at most 2^16.
  static AxisTaps build(std::uint32_t source, std::uint32_t target, std::uint32_t cell);
};

}  // namespace sluice::input
