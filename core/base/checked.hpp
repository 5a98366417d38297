// Size arithmetic that cannot wrap: every product or sum that decides an allocation goes through here.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>

namespace sluice {

constexpr std::optional<std::size_t> checked_mul(std::size_t a, std::size_t b) {
  if (a != 0 && b > std::numeric_limits<std::size_t>::max() / a) return std::nullopt;
  return a * b;
}

constexpr std::optional<std::size_t> checked_add(std::size_t a, std::size_t b) {
  if (b > std::numeric_limits<std::size_t>::max() - a) return std::nullopt;
  return a + b;
}

}  // namespace sluice
