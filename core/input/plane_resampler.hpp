// Resamples one plane of 8-bit pixels (1 to 4 interleaved channels) in integers only: native and wasm give the same bits.
// It makes kLanes output rows at a time: each sums its source rows, then the columns are summed for all of them at once,
// one row in each lane. prepare() allocates, rows() does not. One thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/input/axis_taps.hpp"
#include "core/input/image.hpp"
#include "core/input/lanes.hpp"

namespace sluice::input {

class PlaneResampler {
 public:
  struct Size {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
  };

  // `source` and `target` in pixels of the picture; the plane stores one cell for `cell` x `cell` of them.
  void prepare(Size source, Size target, std::uint32_t cell, std::uint32_t channels);

  // Writes output rows y to y + kLanes - 1: value i of row y + r, i in 0..target width x channels, goes to
  // out[i * kLanes + r]. Values are pixel values times 256 (0..65280); lanes of rows below the last one are arbitrary.
  void rows(const Plane& plane, std::uint32_t y, std::span<std::uint16_t> out);

 private:
  void sum_rows(const Plane& plane, const Taps& taps, std::uint16_t* sums) const;
  void sum_rows_wide(const Plane& plane, const Taps& taps);
  void turn_sums();
  void sum_columns(std::span<const Taps> row_taps, std::span<std::uint16_t> out);
  void sum_columns_wide(const Taps& row_taps, std::span<std::uint16_t> out) const;

  AxisTaps columns_;
  AxisTaps rows_;
  std::uint32_t channels_ = 0;
  std::size_t row_values_ = 0;                     // cells of a source row x channels
  std::size_t row_stride_ = 0;                     // the same in whole vectors
  std::uint32_t fraction_bits_ = 0;                // of the row sums
  bool wide_ = false;                              // sums of this size need more than 16 (rows) or 32 bits (columns)
  std::vector<std::uint32_t> column_reciprocals_;  // of each output column, once for every lane of a half
  std::vector<std::uint32_t> row_reciprocals_;     // of the rows at hand
  std::vector<std::uint16_t> sums_;                // kLanes rows of sums
  std::vector<std::uint16_t> turned_;              // the same, kLanes rows side by side
  std::vector<std::uint32_t> wide_sums_;
};

}  // namespace sluice::input
