// Draws pictures of a pool at random, clip by clip, so that long clips do not crowd out short ones. Borrows the pool.
#pragma once

#include <cstddef>
#include <vector>

#include "native/train/image/picture_pool.hpp"
#include "native/train/random.hpp"

namespace sluice::train {

inline constexpr float kSureScore = 0.5F;  // of what counts as found when pictures are drawn

class PoolDraw {
 public:
  explicit PoolDraw(const PicturePool& pool);

  bool empty() const { return any_.empty(); }
  bool has_found() const { return !found_.empty(); }
  // Index of a picture. any() wants a pool that is not empty, with_found() one that has_found().
  std::size_t any(Random& random) const { return draw(any_, random); }
  std::size_t with_found(Random& random) const { return draw(found_, random); }
  // One of the sure finds of a picture that with_found() gave.
  const output::Detection& find(std::size_t index, Random& random) const;

 private:
  using Clips = std::vector<std::vector<std::size_t>>;
  static std::size_t draw(const Clips& clips, Random& random);

  const PicturePool& pool_;
  Clips any_;
  Clips found_;
};

}  // namespace sluice::train
