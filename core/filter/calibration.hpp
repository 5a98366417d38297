// Chooses the SKIP threshold that keeps a promise: with the stated confidence over the draw of the calibration split,
// skipping every frame with score < threshold agrees with the full model on at least `target` of the frames. Pure
// functions.
//
// Method. The thresholds of a grid fixed in advance are tested in one fixed order, from skipping nothing upwards, each
// with the null hypothesis "the disagreement exceeds 1 - target"; the first that cannot be rejected ends the walk, and
// the last rejected one is chosen. Fixed-sequence testing controls the error over the whole grid without a correction,
// so choosing the largest threshold costs nothing of the confidence (Angelopoulos, Bates, Candes, Jordan, Lei, "Learn
// then Test", arXiv 2110.01052, section 3; Bauer, "Multiple testing in clinical trials", 1991).
// Which p-value is used is settled by the split's layout, before a score or label is seen: the exact binomial one, whose
// inversion is Clopper and Pearson's bound, when every block is a single frame and can only err wholly or not at all; else the
// Hoeffding-Bentkus p-value, valid for any loss in [0, 1] (the same, section 3.2). Taking the first one whenever no block
// happens to err in part would choose the test by its outcome.
//
// Assumption. Frames of one block are near copies (neighbours in time), so the unit is the block: its loss is the share
// of its frames that disagree, and blocks are taken as independent draws from the stream the promise is made for.
// Blocks must therefore be longer than the scene's memory. The promise is about that stream: under drift it has to be
// made anew. Each target has its own promise; they do not hold jointly.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/result.hpp"

namespace sluice::filter {

struct ScoredFrame {
  float score = 0;          // the filter's, in [0, 1]
  bool needed = false;      // the full model's result was not redundant
  std::uint32_t block = 0;  // frames with the same number are one block
};

enum class Promise : std::uint8_t {
  kThisMixture,  // agreement >= target on streams with the calibration split's share of redundant frames
  kAnyMixture,   // at most 1 - target of the needed frames are skipped: agreement >= target whatever that share is
};

struct CalibratedThreshold {
  float threshold = 0;       // 0: nothing can be promised, nothing is skipped
  float filter_rate = 0;     // on the calibration split
  float agreement = 1;       // on the calibration split
  std::uint32_t blocks = 0;  // that the promise rests on
};

// The largest threshold of the grid that keeps the promise. kInvalidArgument when there are no frames, a score is not
// in [0, 1], or target or confidence are not in (0, 1).
Result<CalibratedThreshold> calibrate(std::span<const ScoredFrame> frames, double target, double confidence,
                                      Promise promise);

// P-value of "the mean loss is at least `bound`" for independent losses in [0, 1] with this sum; `whole` says that no loss can
// be other than 0 or 1. For other questions' calibrations, tests and reports.
double loss_p_value(double sum, std::uint32_t count, bool whole, double bound);

}  // namespace sluice::filter
