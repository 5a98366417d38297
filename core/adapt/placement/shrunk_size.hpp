// What a picture will come to in bytes when it is shrunk and encoded again, before that is done: the bytes that it has for each pixel say
// how much there is in it, its quantiser how coarsely they say it. A line in logarithms, begun with what holds for photos and fitted
// online. Owns its state; allocates nothing but the message of an error; no clock. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/adapt/estimate/recursive_least_squares.hpp"

namespace sluice::adapt {

struct ShrinkingFacts {
  double bytes = 0;
  double pixels = 0;
  double shrunk_pixels = 0;
  std::optional<double> quantiser;  // jpeg_quantiser; nullopt: that of a usual file
};

class ShrunkSize {
 public:
  // `quantiser`: of what is encoded; quality 90 has 0.2.
  explicit ShrunkSize(double quantiser = 0.2);

  // Above 0; facts that are none (not finite, not above 0) give 0.
  double predict(const ShrinkingFacts& facts) const;
  // kInvalidArgument, and nothing learnt, for facts or bytes that are none.
  Result<void> observe(const ShrinkingFacts& facts, double shrunk_bytes);

 private:
  static constexpr std::size_t kPredictors = 4;
  std::array<double, kPredictors> predictors_of(const ShrinkingFacts& facts) const;

  double quantiser_;
  RecursiveLeastSquares fit_;
};

}  // namespace sluice::adapt
