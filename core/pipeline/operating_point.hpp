// Calibrated points at which a question keeps a promise, and the choice of one for an error budget. Plain data; no state.
#pragma once

#include <vector>

namespace sluice::pipeline {

// A threshold calibrated on a split of its own: agreement >= target with the given confidence.
struct OperatingPoint {
  float target = 0;       // (0, 1)
  float confidence = 0;   // (0, 1)
  float threshold = 0;    // inputs with score < threshold are answered by the question
  float filter_rate = 0;  // on the calibration split, for information
};

struct ChosenPoint {
  float error = 0;      // the share of inputs that it may answer wrongly
  float threshold = 0;  // 0 answers none
};

// The point with the smallest target that spends at most `allowed`. Where none does, nothing is answered and nothing spent.
// Precondition: the points' targets grow, as parse_manifest() makes sure.
ChosenPoint choose_point(const std::vector<OperatingPoint>& points, float allowed);

}  // namespace sluice::pipeline
