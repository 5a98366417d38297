// Pictures for a classifier from video: the middle of a frame, and the tiles of a grid over it, each of which is a stream of its own
// for whoever watches that place. Plain functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/eval/rgb_image.hpp"

namespace sluice::bench {

struct CropOptions {
  std::uint32_t side = 32;       // of what comes out
  std::uint32_t tile_px = 64;    // of a tile's side, in a frame of at most `frame_px`
  std::uint32_t frame_px = 640;  // of a frame's longer side; larger ones are reduced first
  std::uint32_t tiles = 12;      // at most, spread over the grid
  std::uint32_t frames = 300;    // at most, from the first
};

// The middle square at 0, then the tiles, always as many and at the same places of a clip.
using CropVisitor = std::function<Result<void>(std::uint64_t frame, const std::vector<eval::RgbImage>& crops)>;

// Stops at the first failure, which it returns; a damaged frame is one. The number of frames.
Result<std::uint64_t> visit_crops(const std::string& video, const CropOptions& options, const CropVisitor& visit);

}  // namespace sluice::bench
