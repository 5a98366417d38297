// Turns packed RGB pictures upright, as a phone's recording asks for by its display matrix. No state.
#pragma once

#include <cstdint>
#include <span>

namespace sluice::media {

// Quarter turns clockwise that make the picture upright, 0 to 3, of a display matrix (nine 32-bit numbers).
std::uint32_t quarter_turns(const std::int32_t* display_matrix);

// Rotates `width` x `height` RGB pixels (tightly packed) by `turns` quarter turns clockwise into `out`, of the same size in
// bytes. An odd number of turns swaps width and height.
void rotate_rgb(std::span<const std::uint8_t> pixels, std::uint32_t width, std::uint32_t height, std::uint32_t turns,
                std::span<std::uint8_t> out);

}  // namespace sluice::media
