// Draws new training pictures out of the pool: crops, zooms and flips of real frames, people and objects of one frame
// pasted into another, covered parts, and changes of light, colour, sharpness and noise. Since labels come from running
// the full model on the finished picture, no change can make a label wrong. Borrows the pool; not synchronised.
#pragma once

#include "core/base/result.hpp"
#include "native/eval/rgb_image.hpp"
#include "native/train/image/patch_source.hpp"
#include "native/train/random.hpp"

namespace sluice::train {

class SceneComposer {
 public:
  // `max_side`: longer side of the pictures made, in pixels.
  SceneComposer(const PicturePool& pool, std::uint32_t max_side);

  // The picture of this seed: the same pool and seed give the same picture.
  Result<eval::RgbImage> compose(std::uint64_t seed) const;

 private:
  Result<void> paste(eval::RgbImage& canvas, Random& random, bool with_found) const;
  Result<void> cover(eval::RgbImage& canvas, Random& random) const;

  PatchSource source_;
  std::uint32_t max_side_;
};

}  // namespace sluice::train
