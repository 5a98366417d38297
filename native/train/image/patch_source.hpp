// Parts of pool pictures that composed pictures are made of: backgrounds, and patches that show something the model finds or
// anything at all. Borrows the pool; not synchronised.
#pragma once

#include "core/base/result.hpp"
#include "native/eval/rgb_image.hpp"
#include "native/train/image/picture_pool.hpp"
#include "native/train/image/pool_draw.hpp"
#include "native/train/random.hpp"

namespace sluice::train {

struct Patch {
  eval::RgbImage picture;
  float subject_width = 0;  // of what the patch shows, in the patch's pixels
};

class PatchSource {
 public:
  // `max_side`: longer side of the backgrounds, in pixels.
  PatchSource(const PicturePool& pool, std::uint32_t max_side);

  bool empty() const { return draw_.empty(); }
  bool has_found() const { return draw_.has_found(); }
  // The calls below want a source that is not empty; patch_with_found() one that has_found().
  Result<eval::RgbImage> background(Random& random) const;
  Result<Patch> patch_with_found(Random& random) const;
  Result<Patch> patch_of_anything(Random& random) const;

 private:
  const PicturePool& pool_;
  PoolDraw draw_;
  std::uint32_t max_side_;
};

}  // namespace sluice::train
