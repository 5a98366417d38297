#include "native/bench/tiles/tile_label.hpp"

#include <algorithm>
#include <array>

namespace sluice::bench {
namespace {

constexpr float kOfTile = 0.1F;
constexpr float kOfBox = 0.5F;

float overlap(const Tile& tile, const SeenBox& box) {
  const float width = std::min(tile.left + tile.side, box.right) - std::max(tile.left, box.left);
  const float height = std::min(tile.top + tile.side, box.bottom) - std::max(tile.top, box.top);
  return std::max(width, 0.0F) * std::max(height, 0.0F);
}

}  // namespace

std::string_view tile_label_name(TileLabel label) {
  constexpr std::array<std::string_view, 3> kNames{"nothing", "person", "vehicle"};
  return kNames[static_cast<std::size_t>(label)];
}

std::optional<TileLabel> label_tile(const Tile& tile, std::span<const SeenBox> boxes) {
  const SeenBox* surest = nullptr;
  bool touched = false;
  for (const SeenBox& box : boxes) {
    const float shared = overlap(tile, box);
    if (shared <= 0) continue;
    touched = true;
    const float area = (box.right - box.left) * (box.bottom - box.top);
    const bool shows = shared >= kOfTile * tile.side * tile.side || shared >= kOfBox * area;
    if (shows && box.score >= kSureScore && (surest == nullptr || box.score > surest->score)) surest = &box;
  }
  if (surest != nullptr) return surest->what == Seen::kPerson ? TileLabel::kPerson : TileLabel::kVehicle;
  return touched ? std::nullopt : std::optional(TileLabel::kNothing);
}

}  // namespace sluice::bench
