#include "tests/native/train/splitnet/toy_pictures.hpp"

#include "native/train/random.hpp"

namespace sluice::test {

train::splitnet::PictureSet toy_pictures(std::int64_t count, std::uint64_t seed) {
  constexpr std::int64_t kSide = 32;
  constexpr std::int64_t kSquare = 12;
  train::Random random(seed);
  train::splitnet::PictureSet set;
  set.pictures = torch::empty({count, kSide, kSide, 3}, torch::kUInt8);
  set.labels = torch::empty({count}, torch::kLong);
  auto pixels = set.pictures.accessor<std::uint8_t, 4>();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto label = static_cast<std::int64_t>(random.index(kToyClasses));
    const auto top = static_cast<std::int64_t>(random.index(kSide - kSquare));
    const auto left = static_cast<std::int64_t>(random.index(kSide - kSquare));
    set.labels[i] = label;
    for (std::int64_t y = 0; y < kSide; ++y) {
      for (std::int64_t x = 0; x < kSide; ++x) {
        const bool inside = y >= top && y < top + kSquare && x >= left && x < left + kSquare;
        for (std::int64_t c = 0; c < 3; ++c) {
          const float noise = random.uniform(60, 140);
          pixels[i][y][x][c] = static_cast<std::uint8_t>(inside && c == label ? 240 : noise);
        }
      }
    }
  }
  return set;
}

}  // namespace sluice::test
