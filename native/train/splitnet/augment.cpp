#include "native/train/splitnet/augment.hpp"

#include "native/train/random.hpp"
#include "native/train/trainer_input.hpp"

namespace sluice::train::splitnet {
namespace {

// Where a place beside the picture finds its pixel: reflected at the edge, which is not repeated.
std::int64_t reflected(std::int64_t at, std::int64_t size) {
  if (at < 0) return -at;
  if (at >= size) return 2 * size - 2 - at;
  return at;
}

}  // namespace

Batch augmented_batch(const PictureSet& set, std::span<const std::int64_t> which, const Augmentation& how,
                      std::uint64_t seed) {
  const std::int64_t height = set.height();
  const std::int64_t width = set.width();
  const auto count = static_cast<std::int64_t>(which.size());
  torch::Tensor pixels = torch::empty({count, height, width, 3});
  torch::Tensor labels = torch::empty({count}, torch::kLong);
  const std::uint8_t* from = set.pictures.data_ptr<std::uint8_t>();
  const std::int64_t* all_labels = set.labels.data_ptr<std::int64_t>();
  float* to = pixels.data_ptr<float>();
  Random random(seed);
  const auto moved = [&] {
    return how.move_px == 0
               ? 0
               : static_cast<std::int64_t>(random.index(static_cast<std::size_t>(2 * how.move_px + 1))) - how.move_px;
  };
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint8_t* picture = from + which[static_cast<std::size_t>(i)] * height * width * 3;
    labels.data_ptr<std::int64_t>()[i] = all_labels[which[static_cast<std::size_t>(i)]];
    const bool mirror = how.mirror && random.chance(0.5F);
    const std::int64_t down = moved();
    const std::int64_t right = moved();
    const std::int64_t cut_top =
        static_cast<std::int64_t>(random.index(static_cast<std::size_t>(height))) - how.cutout_px / 2;
    const std::int64_t cut_left =
        static_cast<std::int64_t>(random.index(static_cast<std::size_t>(width))) - how.cutout_px / 2;
    for (std::int64_t y = 0; y < height; ++y) {
      const std::uint8_t* row = picture + reflected(y + down, height) * width * 3;
      const bool cut_row = y >= cut_top && y < cut_top + how.cutout_px;
      for (std::int64_t x = 0; x < width; ++x, to += 3) {
        if (cut_row && x >= cut_left && x < cut_left + how.cutout_px) {
          to[0] = to[1] = to[2] = 0;
          continue;
        }
        const std::int64_t at = reflected(x + right, width);
        const std::uint8_t* pixel = row + (mirror ? width - 1 - at : at) * 3;
        for (int c = 0; c < 3; ++c) to[c] = network_value(pixel[c]);
      }
    }
  }
  return {pixels.permute({0, 3, 1, 2}), std::move(labels)};
}

Batch plain_batch(const PictureSet& set, std::int64_t first, std::int64_t end) {
  const torch::Tensor pixels = set.pictures.slice(0, first, end).to(torch::kFloat32);
  return {((pixels - kPixelMean) * kPixelScale).permute({0, 3, 1, 2}), set.labels.slice(0, first, end)};
}

}  // namespace sluice::train::splitnet
