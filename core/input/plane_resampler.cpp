#include "core/input/plane_resampler.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sluice::input {
namespace {

constexpr std::uint32_t kMaxPixel = 255;
constexpr std::uint64_t kMaxValue = std::uint64_t{kMaxPixel} << 8;
constexpr std::uint64_t kNarrowRowLimit = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint64_t kNarrowColumnLimit = std::numeric_limits<std::uint32_t>::max();

const std::uint8_t* row_of(const Plane& plane, std::uint32_t index) { return plane.data + index * plane.stride_bytes; }

// sums[i] (+)= the sum of kRows rows. Several rows a pass, so that the sums stay in registers meanwhile.
template <std::size_t kRows, bool kFirst>
void add_rows(const Plane& plane, std::uint32_t first, std::uint16_t* __restrict sums, std::size_t count) {
  std::array<const std::uint8_t*, kRows> rows;
  for (std::size_t k = 0; k < kRows; ++k) rows[k] = row_of(plane, first + static_cast<std::uint32_t>(k));
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t sum = kFirst ? std::uint16_t{0} : sums[i];
    for (std::size_t k = 0; k < kRows; ++k) sum = static_cast<std::uint16_t>(sum + rows[k][i]);
    sums[i] = sum;
  }
}

template <bool kFirst>
void add_rows(const Plane& plane, std::uint32_t first, std::size_t rows, std::uint16_t* sums, std::size_t count) {
  switch (rows) {
    case 1: return add_rows<1, kFirst>(plane, first, sums, count);
    case 2: return add_rows<2, kFirst>(plane, first, sums, count);
    case 3: return add_rows<3, kFirst>(plane, first, sums, count);
    default: return add_rows<4, kFirst>(plane, first, sums, count);
  }
}

// sums[i] = sums[i] << fraction, plus the two partial rows. The caller's limits keep every step within 16 bits.
template <bool kHasFull>
void finish_rows(const std::uint8_t* __restrict left, const std::uint8_t* __restrict right, const Taps& taps,
                 std::uint32_t fraction_bits, std::uint32_t drop_bits, std::uint16_t* __restrict sums,
                 std::size_t count) {
  const auto left_weight = static_cast<std::uint16_t>(taps.left_weight);
  const auto right_weight = static_cast<std::uint16_t>(taps.right_weight);
  const auto half = static_cast<std::uint16_t>((1U << drop_bits) >> 1);
  for (std::size_t i = 0; i < count; ++i) {
    const auto a = static_cast<std::uint16_t>(left_weight * left[i]);
    const auto b = static_cast<std::uint16_t>(right_weight * right[i]);
    const auto edges = static_cast<std::uint16_t>(static_cast<std::uint16_t>(a + b + half) >> drop_bits);
    const auto full = kHasFull ? static_cast<std::uint16_t>(sums[i] << fraction_bits) : std::uint16_t{0};
    sums[i] = static_cast<std::uint16_t>(full + edges);
  }
}

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
  sums_.assign(wide_ ? 0 : row_values_, 0);
  wide_sums_.assign(wide_ ? row_values_ : 0, 0);
}

void PlaneResampler::row(const Plane& plane, std::uint32_t y, std::span<std::uint16_t> out) {
  const Taps& taps = rows_.taps[y];
  if (wide_) {
    sum_rows_wide(plane, taps);
    return sum_columns_wide(taps, out);
  }
  sum_rows(plane, taps);
  switch (channels_) {
    case 1: return sum_columns<1>(taps, out);
    case 2: return sum_columns<2>(taps, out);
    case 3: return sum_columns<3>(taps, out);
    default: return sum_columns<4>(taps, out);
  }
}

void PlaneResampler::sum_rows(const Plane& plane, const Taps& taps) {
  constexpr std::uint32_t kPass = 4;
  std::uint32_t next = taps.full_begin;
  while (next < taps.full_end) {
    const std::uint32_t rows = std::min(kPass, taps.full_end - next);
    if (next == taps.full_begin) {
      add_rows<true>(plane, next, rows, sums_.data(), row_values_);
    } else {
      add_rows<false>(plane, next, rows, sums_.data(), row_values_);
    }
    next += rows;
  }
  const std::uint32_t drop_bits = rows_.weight_bits - fraction_bits_;
  const std::uint8_t* left = row_of(plane, taps.left_cell);
  const std::uint8_t* right = row_of(plane, taps.right_cell);
  if (taps.full_begin < taps.full_end) {
    finish_rows<true>(left, right, taps, fraction_bits_, drop_bits, sums_.data(), row_values_);
  } else {
    finish_rows<false>(left, right, taps, fraction_bits_, drop_bits, sums_.data(), row_values_);
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

template <std::uint32_t kChannels>
void PlaneResampler::sum_columns(const Taps& row_taps, std::span<std::uint16_t> out) const {
  // value = row sum averaged over the columns, then over the rows; both divisions are multiplications by 2^32 / weight.
  const std::uint32_t shift = 32 - (rows_.weight_bits - fraction_bits_);
  const std::uint64_t half = std::uint64_t{1} << (shift - 1);
  const std::uint16_t* sums = sums_.data();
  std::uint16_t* target = out.data();
  for (const Taps& taps : columns_.taps) {
    std::array<std::uint32_t, kChannels> sum{};
    const std::uint16_t* end = sums + std::size_t{taps.full_end} * kChannels;
    for (const std::uint16_t* cell = sums + std::size_t{taps.full_begin} * kChannels; cell < end; cell += kChannels) {
      for (std::uint32_t c = 0; c < kChannels; ++c) sum[c] += cell[c];
    }
    const std::uint16_t* left = sums + std::size_t{taps.left_cell} * kChannels;
    const std::uint16_t* right = sums + std::size_t{taps.right_cell} * kChannels;
    for (std::uint32_t c = 0; c < kChannels; ++c) {
      const std::uint32_t weighted =
          (sum[c] << columns_.weight_bits) + taps.left_weight * left[c] + taps.right_weight * right[c];
      const std::uint64_t average = (std::uint64_t{weighted} * taps.reciprocal) >> 24;
      const std::uint64_t value = (average * row_taps.reciprocal + half) >> shift;
      *target++ = static_cast<std::uint16_t>(std::min(value, kMaxValue));  // roundings may pass white by a hair
    }
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
      out[next++] = static_cast<std::uint16_t>(((sum << 8) + weight / 2) / weight);
    }
  }
}

}  // namespace sluice::input
