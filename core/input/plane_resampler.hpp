// Resamples one plane of 8-bit pixels (1 to 4 interleaved channels) row by row, in integers only: native and wasm give
// the same bits. An output row sums its source rows first, in long runs a compiler vectorises, and then the columns.
// prepare() allocates, row() does not. One thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/input/axis_taps.hpp"
#include "core/input/image.hpp"

namespace sluice::input {

class PlaneResampler {
 public:
  struct Size {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
  };

  // `source` and `target` in pixels of the picture; the plane stores one cell for `cell` x `cell` of them.
  void prepare(Size source, Size target, std::uint32_t cell, std::uint32_t channels);

  // Writes output row `y`: target width x channels values, pixel values times 256 (0..65280).
  void row(const Plane& plane, std::uint32_t y, std::span<std::uint16_t> out);

 private:
  void sum_rows(const Plane& plane, const Taps& taps);
  void sum_rows_wide(const Plane& plane, const Taps& taps);
  template <std::uint32_t kChannels>
  void sum_columns(const Taps& row_taps, std::span<std::uint16_t> out) const;
  void sum_columns_wide(const Taps& row_taps, std::span<std::uint16_t> out) const;

  AxisTaps columns_;
  AxisTaps rows_;
  std::uint32_t channels_ = 0;
  std::size_t row_values_ = 0;       // cells of a source row x channels
  std::uint32_t fraction_bits_ = 0;  // of the row sums
  bool wide_ = false;                // sums of this size need more than 16 (rows) or 32 bits (columns)
  std::vector<std::uint16_t> sums_;
  std::vector<std::uint32_t> wide_sums_;
};

}  // namespace sluice::input
