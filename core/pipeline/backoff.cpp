#include "core/pipeline/backoff.hpp"

#include <algorithm>

namespace sluice::pipeline {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): one step of a small generator that accepts any seed.
std::uint64_t step(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

}  // namespace

Backoff::Backoff(std::uint32_t first_ms, std::uint32_t max_ms, std::uint64_t seed)
    : first_ms_(std::max(first_ms, 1U)), max_ms_(std::max(max_ms, first_ms_)), delay_ms_(first_ms_), random_(seed) {}

Duration Backoff::next() {
  const std::uint64_t base_us = std::uint64_t{delay_ms_} * 1000;
  const std::uint64_t jittered_us = base_us * (800 + step(random_) % 401) / 1000;
  delay_ms_ = delay_ms_ > max_ms_ / 2 ? max_ms_ : delay_ms_ * 2;
  return Duration(static_cast<Duration::rep>(jittered_us));
}

}  // namespace sluice::pipeline
