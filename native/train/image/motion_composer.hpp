// Draws short sequences of pictures out of a pool, in time order: one or two scenes with cuts between them, a camera that
// stands, trembles or moves, people and things that stand, cross the picture, come and go, and light that flickers. What
// REUSE learns and is calibrated on beside the footage itself, which is too little for a promise. Labels come from the full
// model, picture by picture. Borrows the pool; not synchronised.
#pragma once

#include <functional>

#include "core/base/result.hpp"
#include "native/eval/rgb_image.hpp"
#include "native/train/image/patch_source.hpp"
#include "native/train/random.hpp"

namespace sluice::train {

class MotionComposer {
 public:
  using Visit = std::function<Result<void>(const eval::RgbImage& picture, std::uint32_t index)>;

  // `max_side`: longer side of the pictures made, in pixels.
  MotionComposer(const PicturePool& pool, std::uint32_t max_side);

  // Calls `visit` with each picture of the sequence of this seed: the same pool, seed and length give the same pictures.
  // Stops at the first failure, which it returns.
  Result<void> compose(std::uint64_t seed, std::uint32_t pictures, const Visit& visit) const;

 private:
  // Something in front of the background. Places in shares of the picture, times in shares of the sequence.
  struct Actor {
    eval::RgbImage picture;
    float x = 0, y = 0;            // of its left upper corner at the beginning
    float across = 0, down = 0;    // moved by the end
    float growth = 1;              // of its size by the end
    float tremble = 0;             // standard step of a random walk
    float enters = 0, leaves = 1;  // outside these it is not there
    float roundness = 40, rim = 0.02F;
  };
  struct Scene {
    eval::RgbImage background;  // larger than what is shown of it
    float zoom = 1;             // share of the background that is shown
    float x = 0, y = 0;         // of the shown part, in shares of what is left
    float across = 0, down = 0;
    float tremble = 0;
    std::uint64_t light_seed = 0;
    std::vector<Actor> actors;
  };
  Result<Scene> make_scene(Random& random) const;
  Result<Actor> make_actor(std::uint32_t canvas_width, Random& random) const;
  static Result<eval::RgbImage> draw(const Scene& scene, float time, float flicker, Random& random);

  PatchSource source_;
  std::uint32_t max_side_;
};

}  // namespace sluice::train
