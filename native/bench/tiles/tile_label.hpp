// What a part of a frame shows, by the boxes that a detector found in the whole of it. Pure function.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "native/bench/tiles/yolox.hpp"

namespace sluice::bench {

enum class TileLabel : std::uint8_t { kNothing, kPerson, kVehicle };

std::string_view tile_label_name(TileLabel label);  // "nothing", "person", "vehicle"

struct Tile {
  float left = 0, top = 0, side = 0;  // in source pixels
};

// A person or vehicle where a box of at least kSureScore covers a tenth of the tile, or has half of itself in it; the surest such box
// counts. Nothing where no box at all, sure or not, touches it. No label for what lies between: a detector that is not sure labels nothing.
inline constexpr float kSureScore = 0.5F;
inline constexpr float kLeastScore = 0.1F;  // of the boxes to be given
std::optional<TileLabel> label_tile(const Tile& tile, std::span<const SeenBox> boxes);

}  // namespace sluice::bench
