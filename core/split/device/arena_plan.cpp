#include "core/split/device/arena_plan.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace sluice::split {

std::uint32_t plan_arena(std::span<ArenaBuffer> buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  std::vector<const ArenaBuffer*> placed;
  std::uint32_t arena_bytes = 0;
  for (const std::size_t number : order) {
    ArenaBuffer& buffer = buffers[number];
    buffer.at = 0;
    // Those that it meets, by place: it goes into the first gap that is wide enough.
    std::sort(placed.begin(), placed.end(), [](const auto* a, const auto* b) { return a->at < b->at; });
    for (const ArenaBuffer* other : placed) {
      if (other->last_step < buffer.first_step || buffer.last_step < other->first_step) continue;
      if (buffer.at + buffer.bytes <= other->at) break;
      buffer.at = std::max(buffer.at, (other->at + other->bytes + 3) / 4 * 4);
    }
    placed.push_back(&buffer);
    arena_bytes = std::max(arena_bytes, buffer.at + buffer.bytes);
  }
  return (arena_bytes + 3) / 4 * 4;
}

}  // namespace sluice::split
