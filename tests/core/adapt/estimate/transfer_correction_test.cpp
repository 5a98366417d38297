// The published correction and the one that was meant, on the same errors.
#include "core/adapt/estimate/transfer_correction.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using sluice::adapt::CorrectionRule;
using sluice::adapt::TransferCorrection;

TEST_CASE("a constant error is corrected by the smoothed rule; the released one runs away") {
  TransferCorrection smoothed(CorrectionRule::kSmoothed);
  TransferCorrection released(CorrectionRule::kReleased);
  for (int i = 0; i < 20; ++i) {
    smoothed.observe(40);
    released.observe(40);
  }
  CHECK(smoothed.delta_ms() == doctest::Approx(40).epsilon(1e-5));
  // 40 (1.5^20 - 1)
  CHECK(released.delta_ms() == doctest::Approx(40 * (std::pow(1.5, 20) - 1)));
}

TEST_CASE("one error is forgotten by halves, and by the released rule never") {
  TransferCorrection smoothed(CorrectionRule::kSmoothed);
  TransferCorrection released(CorrectionRule::kReleased);
  smoothed.observe(8);
  released.observe(8);
  for (int i = 0; i < 3; ++i) {
    smoothed.observe(0);
    released.observe(0);
  }
  CHECK(smoothed.delta_ms() == doctest::Approx(0.5));
  CHECK(released.delta_ms() == doctest::Approx(13.5));
}

TEST_CASE("an error that is no number is not learnt from") {
  TransferCorrection smoothed(CorrectionRule::kSmoothed);
  CHECK(smoothed.observe(10));
  CHECK_FALSE(smoothed.observe(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(smoothed.observe(std::numeric_limits<double>::infinity()));
  CHECK(smoothed.delta_ms() == 5);
}
