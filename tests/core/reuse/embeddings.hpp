// Embeddings from a seeded generator whose numbers are the same with every standard library, and the distance as a plain
// loop adds it up.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::test {

class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::uint32_t next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>(state_ >> 33);
  }
  float unit() { return static_cast<float>(next() & 0xffffff) / 16777216.0F; }  // [0, 1)
  std::vector<float> embedding(std::size_t dimension) {
    std::vector<float> values(dimension);
    for (float& value : values) value = unit() * 4 - 2;
    return values;
  }

 private:
  std::uint64_t state_;
};

template <typename Sum>
Sum plain_distance(std::span<const float> a, std::span<const float> b) {
  Sum sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(static_cast<Sum>(a[i]) - static_cast<Sum>(b[i]));
  return sum;
}

}  // namespace sluice::test
