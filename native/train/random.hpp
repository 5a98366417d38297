// A seeded source of random numbers whose sequence is the same on every platform (the standard library's distributions
// are not). Not synchronised.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace sluice::train {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  // In [0, 1).
  float uniform() { return static_cast<float>(engine_() >> 40) * 0x1p-24F; }
  float uniform(float low, float high) { return low + (high - low) * uniform(); }
  // Uniform in the logarithm, for sizes.
  float log_uniform(float low, float high) { return low * std::pow(high / low, uniform()); }
  bool chance(float probability) { return uniform() < probability; }
  // In [0, count).
  std::size_t index(std::size_t count) { return static_cast<std::size_t>(engine_() % count); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace sluice::train
