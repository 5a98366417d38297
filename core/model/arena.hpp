// Places buffers with known lifetimes in one block of memory so that those alive at the same time do not overlap.
// Stateless; sizes are summed with overflow checks.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace sluice::model {

struct ArenaBlock {
  std::size_t bytes = 0;
  std::size_t first_step = 0;  // step that writes it
  std::size_t last_step = 0;   // last step that reads it
  std::size_t offset = 0;      // filled by place_blocks; a multiple of kTensorAlignment
};

// Fills the offsets and returns the arena's size; nullopt when it would not fit in size_t.
// Largest block first, each at the lowest place that is free for its whole life (Pisarchyk and Lee, "Efficient Memory
// Management for Deep Neural Net Inference", 2020, section 4.3, greedy by size).
std::optional<std::size_t> place_blocks(std::span<ArenaBlock> blocks);

}  // namespace sluice::model
