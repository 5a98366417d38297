#include "core/input/axis_taps.hpp"

#include <algorithm>

namespace sluice::input {
namespace {

// Seven bits: two partial cells of 8-bit pixels then still sum up in 16 bits.
constexpr std::uint32_t kAreaBits = 7;
// Eight bits: the two weights of an interpolation sum up to one.
constexpr std::uint32_t kLinearBits = 8;

// Lengths are counted in 1/target of a pixel, in which both grids have integer borders.
Taps area_taps(std::uint64_t output, std::uint64_t source, std::uint64_t target, std::uint64_t cell) {
  const std::uint64_t begin = output * source;
  const std::uint64_t end = begin + source;
  const std::uint64_t cell_length = cell * target;
  const std::uint64_t picture_end = source * target;
  const auto covered = [&](std::uint64_t index) {
    const std::uint64_t cell_begin = index * cell_length;
    const std::uint64_t cell_end = std::min(cell_begin + cell_length, picture_end);
    return std::min(cell_end, end) - std::max(cell_begin, begin);
  };
  const auto weight = [&](std::uint64_t length) {
    return static_cast<std::uint32_t>(((length << kAreaBits) + cell_length / 2) / cell_length);
  };

  Taps taps;
  const std::uint64_t first = begin / cell_length;
  const std::uint64_t last = (end - 1) / cell_length;
  std::uint64_t full_begin = first;
  std::uint64_t full_end = last + 1;
  taps.left_cell = taps.right_cell = static_cast<std::uint32_t>(first);
  if (covered(first) != cell_length) {
    taps.left_weight = weight(covered(first));
    ++full_begin;
  }
  if (last != first && covered(last) != cell_length) {
    taps.right_cell = static_cast<std::uint32_t>(last);
    taps.right_weight = weight(covered(last));
    --full_end;
  }
  taps.full_begin = static_cast<std::uint32_t>(full_begin);
  taps.full_end = static_cast<std::uint32_t>(std::max(full_begin, full_end));
  return taps;
}

Taps linear_taps(std::uint64_t output, std::uint64_t source, std::uint64_t target, std::uint64_t cell) {
  const std::uint64_t cells = (source + cell - 1) / cell;
  const std::uint64_t unit = 2 * target * cell;  // one cell
  const std::uint64_t centre = (2 * output + 1) * source;
  const std::uint64_t position = centre > unit / 2 ? centre - unit / 2 : 0;
  Taps taps;
  const std::uint64_t left = std::min(position / unit, cells - 1);
  const std::uint64_t right = std::min(left + 1, cells - 1);
  const std::uint64_t fraction = left == right ? 0 : position % unit;
  taps.left_cell = static_cast<std::uint32_t>(left);
  taps.right_cell = static_cast<std::uint32_t>(right);
  taps.right_weight = static_cast<std::uint32_t>(((fraction << kLinearBits) + unit / 2) / unit);
  taps.left_weight = (1U << kLinearBits) - taps.right_weight;
  return taps;
}

}  // namespace

AxisTaps AxisTaps::build(std::uint32_t source, std::uint32_t target, std::uint32_t cell) {
  const bool linear = target > source;
  AxisTaps axis;
  axis.weight_bits = linear ? kLinearBits : kAreaBits;
  axis.taps.reserve(target);
  for (std::uint32_t output = 0; output < target; ++output) {
    Taps taps = linear ? linear_taps(output, source, target, cell) : area_taps(output, source, target, cell);
    taps.total_weight = ((taps.full_end - taps.full_begin) << axis.weight_bits) + taps.left_weight + taps.right_weight;
    const std::uint64_t one = std::uint64_t{1} << 32;
    taps.reciprocal = static_cast<std::uint32_t>((one + taps.total_weight / 2) / taps.total_weight);
    axis.max_total_weight = std::max(axis.max_total_weight, taps.total_weight);
    axis.taps.push_back(taps);
  }
  return axis;
}

}  // namespace sluice::input
