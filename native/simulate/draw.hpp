// Seeded random numbers for simulations, the same on every platform (the standard library's distributions are not). Not synchronised.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>

namespace sluice::simulate {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}

  // In [0, 1).
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  std::size_t index(std::size_t count) { return static_cast<std::size_t>(uniform() * static_cast<double>(count)); }
  double normal(double mean, double deviation) {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return mean + deviation * radius * std::cos(2 * std::numbers::pi * uniform());
  }
  // Drawn again until it is above 0; the mean must not lie far below.
  double normal_above_zero(double mean, double deviation) {
    double value = normal(mean, deviation);
    while (!(value > 0)) value = normal(mean, deviation);
    return value;
  }
  double exponential(double mean) { return -mean * std::log(1 - uniform()); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace sluice::simulate
