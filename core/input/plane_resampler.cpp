#include "core/input/plane_resampler.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace sluice::input {
namespace {

constexpr std::uint32_t kMaxPixel = 255;
constexpr std::uint32_t kMaxValue = kMaxPixel << 8;
constexpr std::uint64_t kNarrowRowLimit = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint64_t kNarrowColumnLimit = std::numeric_limits<std::uint32_t>::max();

const std::uint8_t* row_of(const Plane& plane, std::uint32_t index) { return plane.data + index * plane.stride_bytes; }

}  // namespace

void PlaneResampler::prepare(Size source, Size target, std::uint32_t cell, std::uint32_t channels) {
  columns_ = AxisTaps::build(source.width, target.width, cell);
  rows_ = AxisTaps::build(source.height, target.height, cell);
  channels_ = channels;
  row_values_ = std::size_t{(source.width + cell - 1) / cell} * channels;

  // As many fraction bits as the largest row sum leaves free in 16 bits; the half is finish_rows' rounding.
  const std::uint64_t largest = std::uint64_t{rows_.max_total_weight} * kMaxPixel;
  fraction_bits_ = rows_.weight_bits;
  while (fraction_bits_ > 0 && (largest >> (rows_.weight_bits - fraction_bits_)) + 1 > kNarrowRowLimit)
    --fraction_bits_;
  const std::uint64_t largest_row_sum = (largest >> (rows_.weight_bits - fraction_bits_)) + 1;
  wide_ = largest_row_sum > kNarrowRowLimit ||
          std::uint64_t{columns_.max_total_weight} * kNarrowRowLimit > kNarrowColumnLimit;
  if (wide_) fraction_bits_ = rows_.weight_bits;
  row_stride_ = (row_values_ + kLanes - 1) / kLanes * kLanes;
  sums_.assign(wide_ ? 0 : row_stride_ * kLanes, 0);
  turned_.assign(sums_.size(), 0);
  row_reciprocals_.assign(kLanes, 0);
  column_reciprocals_.clear();
  for (const Taps& taps : columns_.taps)
    column_reciprocals_.insert(column_reciprocals_.end(), kLanes / 2, taps.reciprocal);
  wide_sums_.assign(wide_ ? row_values_ : 0, 0);
}

void PlaneResampler::rows(const Plane& plane, std::uint32_t y, std::span<std::uint16_t> out) {
  const std::size_t count = std::min<std::size_t>(kLanes, rows_.taps.size() - y);
  const std::span row_taps = std::span(rows_.taps).subspan(y, count);
  if (wide_) {
    for (std::size_t lane = 0; lane < count; ++lane) {
      sum_rows_wide(plane, row_taps[lane]);
      sum_columns_wide(row_taps[lane], out.subspan(lane));
    }
    return;
  }
  for (std::size_t lane = 0; lane < count; ++lane) {
    sum_rows(plane, row_taps[lane], sums_.data() + lane * row_stride_);
  }
  turn_sums();
  sum_columns(row_taps, out);
}

// sums[i] = the whole source rows, shifted, plus the two partial ones. The limits that prepare() keeps leave every step
// within 16 bits.
void PlaneResampler::sum_rows(const Plane& plane, const Taps& taps, std::uint16_t* sums) const {
  const auto one = static_cast<std::uint16_t>(1U << fraction_bits_);
  const auto drop_bits = static_cast<std::uint16_t>(rows_.weight_bits - fraction_bits_);
  const auto half = static_cast<std::uint16_t>((1U << drop_bits) >> 1);
  const auto left_weight = static_cast<std::uint16_t>(taps.left_weight);
  const auto right_weight = static_cast<std::uint16_t>(taps.right_weight);
  const std::uint8_t* const left = row_of(plane, taps.left_cell);
  const std::uint8_t* const right = row_of(plane, taps.right_cell);
  const std::uint8_t* const first = row_of(plane, taps.full_begin);
  const std::size_t stride = plane.stride_bytes;
  const std::uint32_t rows = taps.full_end - taps.full_begin;

  const auto finish = [&](Lanes16 full, std::size_t i) {
    const Lanes16 edges = load_lanes(left + i) * left_weight + load_lanes(right + i) * right_weight + half;
    store_lanes(full * one + (edges >> drop_bits), sums + i);
  };
  std::size_t i = 0;
  for (; i + 2 * kLanes <= row_values_; i += 2 * kLanes) {  // two vectors: as many as pay for the inner loop
    Lanes16 low{};
    Lanes16 high{};
    const std::uint8_t* row = first + i;
    for (std::uint32_t k = 0; k < rows; ++k, row += stride) {
      low += load_lanes(row);
      high += load_lanes(row + kLanes);
    }
    finish(low, i);
    finish(high, i + kLanes);
  }
  for (; i < row_values_; ++i) {
    std::uint32_t full = 0;
    for (std::uint32_t k = 0; k < rows; ++k) full += first[k * stride + i];
    const std::uint32_t edges = (left[i] * taps.left_weight + right[i] * taps.right_weight + half) >> drop_bits;
    sums[i] = static_cast<std::uint16_t>(full * one + edges);
  }
}

void PlaneResampler::sum_rows_wide(const Plane& plane, const Taps& taps) {
  const std::uint8_t* left = row_of(plane, taps.left_cell);
  const std::uint8_t* right = row_of(plane, taps.right_cell);
  for (std::size_t i = 0; i < row_values_; ++i) {
    wide_sums_[i] = taps.left_weight * left[i] + taps.right_weight * right[i];
  }
  for (std::uint32_t index = taps.full_begin; index < taps.full_end; ++index) {
    const std::uint8_t* row = row_of(plane, index);
    for (std::size_t i = 0; i < row_values_; ++i) wide_sums_[i] += std::uint32_t{row[i]} << rows_.weight_bits;
  }
}

// turned_[i * kLanes + r] = sum i of row r
void PlaneResampler::turn_sums() {
  for (std::size_t i = 0; i < row_stride_; i += kLanes) {
    Lanes16 tile[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) tile[lane] = load_lanes(sums_.data() + lane * row_stride_ + i);
    transpose(tile);
    for (std::size_t k = 0; k < kLanes; ++k) store_lanes(tile[k], turned_.data() + (i + k) * kLanes);
  }
}

void PlaneResampler::sum_columns(std::span<const Taps> row_taps, std::span<std::uint16_t> out) {
  // value = row sum averaged over the columns, then over the rows; both divisions are multiplications by 2^32 / weight.
  const std::uint64_t shift = 32 - (rows_.weight_bits - fraction_bits_);
  const std::uint64_t half = std::uint64_t{1} << (shift - 1);
  const std::uint32_t one = 1U << columns_.weight_bits;
  for (std::size_t lane = 0; lane < row_taps.size(); ++lane) row_reciprocals_[lane] = row_taps[lane].reciprocal;

  const std::size_t step = std::size_t{channels_} * kLanes;
  const std::uint32_t* column_reciprocal = column_reciprocals_.data();
  std::uint16_t* target = out.data();
  for (const Taps& taps : columns_.taps) {
    for (std::size_t offset = 0; offset < step; offset += kLanes) {
      const std::uint16_t* const sums = turned_.data() + offset;
      HalfLanes32 low{};
      HalfLanes32 high{};
      const std::uint16_t* cell = sums + taps.full_begin * step;
      for (const std::uint16_t* const end = sums + taps.full_end * step; cell < end; cell += step) {
        const Lanes16 values = load_lanes(cell);
        low += lower_half(values);
        high += upper_half(values);
      }
      const Lanes16 left = load_lanes(sums + taps.left_cell * step);
      const Lanes16 right = load_lanes(sums + taps.right_cell * step);
      low = low * one + lower_half(left) * taps.left_weight + lower_half(right) * taps.right_weight;
      high = high * one + upper_half(left) * taps.left_weight + upper_half(right) * taps.right_weight;

      const HalfLanes32 reciprocal = load_half(column_reciprocal);
      low = multiply_shift(low, reciprocal, 0, 24);
      high = multiply_shift(high, reciprocal, 0, 24);
      low = multiply_shift(low, load_half(row_reciprocals_.data()), half, shift);
      high = multiply_shift(high, load_half(row_reciprocals_.data() + kLanes / 2), half, shift);
      store_lanes(narrow(low, high, kMaxValue), target);  // roundings may pass white by a hair
      target += kLanes;
    }
    column_reciprocal += kLanes / 2;
  }
}

void PlaneResampler::sum_columns_wide(const Taps& row_taps, std::span<std::uint16_t> out) const {
  std::size_t next = 0;
  for (const Taps& taps : columns_.taps) {
    for (std::uint32_t c = 0; c < channels_; ++c) {
      const auto at = [&](std::uint32_t cell) -> std::uint64_t {
        return wide_sums_[std::size_t{cell} * channels_ + c];
      };
      std::uint64_t sum = 0;
      for (std::uint32_t cell = taps.full_begin; cell < taps.full_end; ++cell) sum += at(cell);
      sum = (sum << columns_.weight_bits) + taps.left_weight * at(taps.left_cell) +
            taps.right_weight * at(taps.right_cell);
      const std::uint64_t weight = std::uint64_t{taps.total_weight} * row_taps.total_weight;
      out[next] = static_cast<std::uint16_t>(((sum << 8) + weight / 2) / weight);
      next += kLanes;
    }
  }
}

}  // namespace sluice::input
