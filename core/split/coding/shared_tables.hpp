// Few tables for many distributions: those that are alike share one. Merged pair by pair, the pair first that costs least; where they
// are very many, first among those of a like mean. Then each distribution moves to the table that suits it best until none moves.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sluice::split {

using SymbolCounts = std::vector<std::uint32_t>;

struct SharedTables {
  std::vector<std::uint8_t> table_of;              // by distribution
  std::vector<std::vector<std::uint16_t>> starts;  // by table: where each symbol's share of 2^total_bits begins
};

// Preconditions: distributions of the same number of symbols, at least one; 1 <= tables <= 256; 2^total_bits is at least the
// number of symbols. Every symbol keeps a share.
SharedTables share_tables(std::span<const SymbolCounts> distributions, std::size_t tables, unsigned total_bits);

}  // namespace sluice::split
