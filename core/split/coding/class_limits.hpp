// Where to cut a channel's expectations into classes: the limits for which the symbols, each coded by its class's own
// distribution, take the fewest bits. Found exactly over a grid of possible limits, by dynamic programming.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sluice::split {

// One symbol and what was expected of it.
struct ExpectedSymbol {
  std::int16_t expectation = 0;
  std::uint8_t symbol = 0;
};

// At most classes - 1 limits, ascending; an expectation at a limit belongs to the class above it. Sorts `symbols`.
std::vector<std::int16_t> find_class_limits(std::span<ExpectedSymbol> symbols, std::uint32_t symbol_count,
                                            std::uint32_t classes);

// What coding symbols that occur so often takes in bits, by their own distribution.
double entropy_bits(std::span<const std::uint32_t> counts);

}  // namespace sluice::split
