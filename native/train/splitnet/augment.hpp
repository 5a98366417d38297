// Batches out of a set of pictures, as the networks take them: floats of -1..1, channels last. Training pictures are
// mirrored, moved by a few pixels (the edge reflected) and have a square painted over; the same seed gives the same batch.
#pragma once

#include <span>

#include "native/train/splitnet/labelled_pictures.hpp"
#include "native/train/splitnet/options.hpp"

namespace sluice::train::splitnet {

// Of plain batches where a whole set is gone through.
inline constexpr std::int64_t kEvaluationBatch = 250;

struct Batch {
  torch::Tensor pictures;  // [N, 3, height, width]
  torch::Tensor labels;    // [N]
};

Batch augmented_batch(const PictureSet& set, std::span<const std::int64_t> which, const Augmentation& how,
                      std::uint64_t seed);

// Pictures `first` up to, not including, `end` as they are.
Batch plain_batch(const PictureSet& set, std::int64_t first, std::int64_t end);

}  // namespace sluice::train::splitnet
