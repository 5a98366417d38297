// Numbers in a random order that is the same everywhere, which std::shuffle's isn't. Plain functions.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/adapt/residency/random_numbers.hpp"

namespace sluice::simulate {

// From 0 up to 1.
inline double next_unit(std::uint64_t& random) {
  return static_cast<double>(residency::next_random(random) >> 11U) * 0x1p-53;
}

// Below `count`, which is above zero.
inline std::size_t next_below(std::uint64_t& random, std::size_t count) {
  return static_cast<std::size_t>(residency::next_random(random) % count);
}

template <typename Value>
void put_in_random_order(std::vector<Value>& values, std::uint64_t& random) {
  for (std::size_t left = values.size(); left > 1; --left)
    std::swap(values[left - 1], values[next_below(random, left)]);
}

}  // namespace sluice::simulate
