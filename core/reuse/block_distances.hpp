// The inner loop of the nearest neighbour search: L1 distances from one query to a block of 64 rows. A block is stored
// dimension by dimension, so that each row has a lane of its own and adds its terms one after the other, first dimension
// first, in float. Vector width therefore never changes a bit: every variant, WebAssembly and a plain loop over one row
// give the same sums. Only additions and sign changes; nothing a compiler could fuse.
// Pure functions; safe from any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace sluice::reuse {

inline constexpr std::size_t kBlockRows = 64;

// `block` holds kBlockRows values for each dimension; `sums` has room for kBlockRows. True: `sums` holds the distances. False:
// every row is farther than `bound`, seen perhaps before all dimensions were added, and `sums` is unspecified.
using BlockDistances = bool (*)(const float* block, const float* query, std::size_t dimension, float bound,
                                float* sums);

struct BlockVariant {
  std::string_view name;
  BlockDistances run;
};

// What this processor can run, the fastest last; never empty.
std::span<const BlockVariant> block_variants();

}  // namespace sluice::reuse
