// Draws pictures within pictures out of a pool: screencasts, slides with their speaker in a corner, video calls. A
// painted screen or a picture in which nothing was found, with one or several small, often dark or pale video pictures
// on it that show somebody or not. What was found goes down to 2.5 % of the width: with a speaker that small, what
// matters is a handful of the filter's pixels. Labels come from the full model. Borrows the pool; not synchronised.
#pragma once

#include "core/base/result.hpp"
#include "native/eval/rgb_image.hpp"
#include "native/train/image/picture_pool.hpp"
#include "native/train/image/pool_draw.hpp"
#include "native/train/random.hpp"

namespace sluice::train {

class ScreenComposer {
 public:
  // `max_side`: longer side of the pictures made, in pixels.
  ScreenComposer(const PicturePool& pool, std::uint32_t max_side);

  // The picture of this seed: the same pool and seed give the same picture.
  Result<eval::RgbImage> compose(std::uint64_t seed) const;

 private:
  Result<eval::RgbImage> background(Random& random) const;
  // A video picture of this shape for the canvas, showing what was found somewhere, or anything.
  Result<eval::RgbImage> video(float aspect, float width, bool with_found, float found_width, Random& random) const;
  Result<void> inset(eval::RgbImage& canvas, Random& random) const;
  Result<void> tiles(eval::RgbImage& canvas, Random& random) const;

  const PicturePool& pool_;
  PoolDraw draw_;
  std::uint32_t max_side_;
};

}  // namespace sluice::train
