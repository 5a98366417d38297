#include "native/bench/split/video_crops.hpp"

#include <algorithm>

#include "native/media/frame_source.hpp"

namespace sluice::bench {
namespace {

struct Square {
  std::uint32_t x = 0;
  std::uint32_t y = 0;
  std::uint32_t side = 0;
};

std::vector<Square> squares_of(const eval::RgbImage& frame, const CropOptions& options) {
  const std::uint32_t side = std::min(frame.width, frame.height);
  std::vector<Square> squares = {{(frame.width - side) / 2, (frame.height - side) / 2, side}};
  const std::uint32_t columns = frame.width / options.tile_px;
  const std::uint32_t count = columns * (frame.height / options.tile_px);
  const std::uint32_t taken = std::min(count, options.tiles);
  for (std::uint32_t i = 0; i < taken; ++i) {
    const auto place = static_cast<std::uint32_t>((std::uint64_t{2} * i + 1) * count / (2 * taken));
    squares.push_back({place % columns * options.tile_px, place / columns * options.tile_px, options.tile_px});
  }
  return squares;
}

}  // namespace

Result<std::uint64_t> visit_crops(const std::string& video, const CropOptions& options, const CropVisitor& visit) {
  auto source = media::open_source(video);
  if (!source) return fail(source.error());
  std::uint64_t frame = 0;
  std::vector<Square> squares;
  for (; frame < options.frames; ++frame) {
    auto next = (*source)->next();
    if (!next) return fail(next.error());
    if (!*next) break;
    const auto rgb = eval::to_rgb((*next)->view, options.frame_px);
    if (!rgb) return fail(rgb.error());
    if (frame == 0) squares = squares_of(*rgb, options);
    std::vector<eval::RgbImage> crops;
    for (const Square& one : squares) {
      const auto side = static_cast<float>(one.side);
      auto crop = eval::crop(*rgb, static_cast<float>(one.x), static_cast<float>(one.y), side, side, options.side,
                             options.side);
      if (!crop) return fail(crop.error());
      crops.push_back(*std::move(crop));
    }
    if (auto visited = visit(frame, crops); !visited) return fail(visited.error());
  }
  return frame;
}

}  // namespace sluice::bench
