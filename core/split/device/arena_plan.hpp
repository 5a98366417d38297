// Where buffers lie in one arena, so that those that live at the same time do not overlap and the whole is small: the largest
// first, each at the lowest place that is free for as long as it lives. Pure function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::split {

struct ArenaBuffer {
  std::uint32_t bytes = 0;
  std::size_t first_step = 0;  // in which it is alive
  std::size_t last_step = 0;
  std::uint32_t at = 0;  // found; a multiple of 4
};

// Sets `at` of each; returns how large the arena has to be.
std::uint32_t plan_arena(std::span<ArenaBuffer> buffers);

}  // namespace sluice::split
