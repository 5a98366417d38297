// Which pictures of a set training keeps back for choosing and calibrating: one in so many, spread by a hash of the number, the same ones
// every time. Pure function.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::eval {

inline constexpr std::uint32_t kUsuallyKeptBack = 10;  // one in so many

inline bool is_kept_back(std::size_t number, std::uint32_t one_in) {
  const std::uint64_t spread = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15ULL >> 32;
  return spread % one_in == 0;
}

}  // namespace sluice::eval
