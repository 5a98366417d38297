// The resampler works on vectors of rows; here stands what it computes, one number at a time. Both must give the same bits.
#include "core/input/plane_resampler.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/input/lanes.hpp"

using namespace sluice::input;

namespace {

std::uint32_t next(std::uint32_t& state) { return state = state * 1664525U + 1013904223U; }

// Lanes of one output value, from the taps alone.
class Scalar {
 public:
  Scalar(std::uint32_t width, std::uint32_t height, std::uint32_t target_width, std::uint32_t target_height,
         std::uint32_t cell)
      : columns_(AxisTaps::build(width, target_width, cell)), rows_(AxisTaps::build(height, target_height, cell)) {
    while (fraction_bits_ + 1 <= rows_.weight_bits && row_limit(fraction_bits_ + 1) <= 65535) ++fraction_bits_;
    wide_ = row_limit(fraction_bits_) > 65535 ||
            std::uint64_t{columns_.max_total_weight} * 65535 > std::numeric_limits<std::uint32_t>::max();
  }

  bool wide() const { return wide_; }

  std::uint16_t value(const Plane& plane, std::uint32_t channels, std::uint32_t channel, std::uint32_t x,
                      std::uint32_t y) const {
    const Taps& column = columns_.taps[x];
    const Taps& row = rows_.taps[y];
    const auto at = [&](std::uint32_t cell) { return row_sum(plane, row, cell * channels + channel); };
    std::uint64_t sum = 0;
    for (std::uint32_t cell = column.full_begin; cell < column.full_end; ++cell) sum += at(cell);
    sum = (sum << columns_.weight_bits) + column.left_weight * at(column.left_cell) +
          column.right_weight * at(column.right_cell);
    if (wide_) {
      const std::uint64_t weight = std::uint64_t{column.total_weight} * row.total_weight;
      return static_cast<std::uint16_t>(((sum << 8) + weight / 2) / weight);
    }
    const std::uint32_t shift = 32 - (rows_.weight_bits - fraction_bits_);
    const std::uint64_t average = (sum * column.reciprocal) >> 24;
    const std::uint64_t value = (average * row.reciprocal + (std::uint64_t{1} << (shift - 1))) >> shift;
    return static_cast<std::uint16_t>(std::min<std::uint64_t>(value, 65280));
  }

 private:
  std::uint64_t row_limit(std::uint32_t bits) const {
    return (std::uint64_t{rows_.max_total_weight} * 255 >> (rows_.weight_bits - bits)) + 1;
  }

  std::uint64_t row_sum(const Plane& plane, const Taps& row, std::size_t offset) const {
    const auto at = [&](std::uint32_t index) -> std::uint64_t {
      return plane.data[index * plane.stride_bytes + offset];
    };
    std::uint64_t full = 0;
    for (std::uint32_t index = row.full_begin; index < row.full_end; ++index) full += at(index);
    const std::uint64_t edges = row.left_weight * at(row.left_cell) + row.right_weight * at(row.right_cell);
    if (wide_) return (full << rows_.weight_bits) + edges;
    const std::uint32_t drop = rows_.weight_bits - fraction_bits_;
    return (full << fraction_bits_) + ((edges + ((1U << drop) >> 1)) >> drop);
  }

  AxisTaps columns_;
  AxisTaps rows_;
  std::uint32_t fraction_bits_ = 0;
  bool wide_ = false;
};

// Compares every value of one plane; answers whether it took the wide sums.
bool check(std::uint32_t width, std::uint32_t height, std::uint32_t target_width, std::uint32_t target_height,
           std::uint32_t cell, std::uint32_t channels, bool white, std::uint32_t& state) {
  CAPTURE(width);
  CAPTURE(height);
  CAPTURE(target_width);
  CAPTURE(target_height);
  CAPTURE(cell);
  CAPTURE(channels);
  const std::size_t row_bytes = std::size_t{(width + cell - 1) / cell} * channels;
  const std::size_t rows = (height + cell - 1) / cell;
  // Exactly as long as it is read: sanitizers see a step too far.
  std::vector<std::uint8_t> pixels(row_bytes * rows);
  for (std::uint8_t& pixel : pixels) pixel = white ? 255 : static_cast<std::uint8_t>(next(state) >> 24);
  const Plane plane{pixels.data(), row_bytes};

  PlaneResampler resampler;
  resampler.prepare({width, height}, {target_width, target_height}, cell, channels);
  const Scalar scalar(width, height, target_width, target_height, cell);
  std::vector<std::uint16_t> block(std::size_t{target_width} * channels * kLanes);
  for (std::uint32_t y = 0; y < target_height; y += kLanes) {
    resampler.rows(plane, y, block);
    for (std::uint32_t lane = 0; lane < std::min(kLanes, target_height - y); ++lane) {
      for (std::uint32_t x = 0; x < target_width; ++x) {
        for (std::uint32_t c = 0; c < channels; ++c) {
          REQUIRE(block[(x * channels + c) * kLanes + lane] == scalar.value(plane, channels, c, x, y + lane));
        }
      }
    }
  }
  return scalar.wide();
}

}  // namespace

TEST_CASE("transposing a tile puts each row where its column was") {
  Lanes16 tile[kLanes];
  for (std::uint16_t row = 0; row < kLanes; ++row) {
    for (std::uint16_t column = 0; column < kLanes; ++column) {
      tile[row][column] = static_cast<std::uint16_t>(100 * row + column);
    }
  }
  transpose(tile);
  for (std::uint16_t row = 0; row < kLanes; ++row) {
    for (std::uint16_t column = 0; column < kLanes; ++column) {
      CHECK(std::uint16_t{tile[row][column]} == 100 * column + row);
    }
  }
}

TEST_CASE("planes of any size come out bit for bit as one number at a time") {
  std::uint32_t state = 1;
  for (int i = 0; i < 300; ++i) {
    const std::uint32_t width = 1 + next(state) % 300;
    const std::uint32_t height = 1 + next(state) % 120;
    const std::uint32_t target_width = 1 + next(state) % 60;
    const std::uint32_t target_height = 1 + next(state) % 40;
    const std::uint32_t cell = 1 + next(state) % 2;
    const std::uint32_t channels = 1 + next(state) % 4;
    check(width, height, target_width, target_height, cell, channels, i % 10 == 0, state);
  }
  // Cameras, by the filter's own size.
  for (const std::uint32_t cell : {1U, 2U}) {
    CHECK_FALSE(check(640, 480, 192, 144, cell, 1, false, state));
    CHECK_FALSE(check(1920, 1080, 192, 144, cell, 1, true, state));
  }
}

TEST_CASE("sums that need more than sixteen bits come out bit for bit too") {
  std::uint32_t state = 7;
  CHECK(check(9, 700, 3, 2, 1, 3, true, state));
  CHECK(check(2, 1000, 2, 1, 1, 4, false, state));
}
