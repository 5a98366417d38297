// Which of a bundle's calibrated operating points serves an accuracy target. Plain data; no state.
#pragma once

#include <vector>

#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {

struct SkipThreshold {
  float target = 1;     // the promise that is kept
  float threshold = 0;  // frames with score < threshold are skipped; 0 skips none
};

// The operating point with the smallest target that is not below `target`. Where none reaches it, the threshold is 0 and
// the target kept is 1. Precondition: the points' targets grow, as parse_manifest() makes sure.
SkipThreshold choose_threshold(const std::vector<OperatingPoint>& points, float target);

}  // namespace sluice::pipeline
