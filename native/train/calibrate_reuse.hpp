// Operating points of REUSE: distance caps chosen by the exact bound on replays in time order. The cap decides what the cache
// holds, so each cap of a grid fixed in advance is replayed by itself, from reusing nothing upwards, each replay with SKIP
// deciding first; the walk ends at the first cap whose promise cannot be kept (core/filter/calibration.hpp; nothing there asks
// for a loss that grows with the step). The loss of a block (one sequence, which begins with an empty cache) is the share of
// wrong answers among the frames that SKIP lets pass, so the promise holds whatever SKIP's share is. A cap has to pass
// twice, with SKIP as it will be set and with SKIP off.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/operating_point.hpp"
#include "native/eval/reuse_replay.hpp"
#include "native/eval/summary.hpp"
#include "native/train/progress.hpp"
#include "native/train/sample_store.hpp"

namespace sluice::train {

// Frames of the calibration split as the exported filter sees them. Owns what its frames borrow.
class ReplaySplit {
 public:
  // Runs the filter, whose second output is the embedding. Finds below `detections_from` are none.
  static Result<ReplaySplit> run(Bytes filter, std::span<const SampleStore* const> stores, float detections_from,
                                 const Progress& progress);

  std::span<const eval::ReplayFrame> frames() const { return frames_; }
  std::uint32_t sequences() const { return sequences_; }
  // The same frames with their pictures in small, for the baselines.
  const eval::Measurement& measurement() const { return measurement_; }

 private:
  std::vector<std::vector<float>> embeddings_;
  std::vector<eval::ReplayFrame> frames_;
  std::uint32_t sequences_ = 0;
  eval::Measurement measurement_;
};

struct ReuseCalibration {
  questions::ReuseSpec spec;  // the cache's bounds and the vote
  output::AgreementSpec agree_when;
  std::vector<pipeline::OperatingPoint> skip_points;  // growing targets
  double confidence = 0.95;
};

// The point that may answer a share `error` of the frames wrongly, beside a SKIP filter that may do so for `skip_error`.
// A threshold of 0: nothing can be promised.
Result<pipeline::OperatingPoint> calibrate_reuse(const ReplaySplit& split, const ReuseCalibration& calibration,
                                                 double error, double skip_error);

// The share of frames that both questions answer at these thresholds, the mean over sequences.
Result<double> answered_share(const ReplaySplit& split, const ReuseCalibration& calibration, float skip_below,
                              float cap);

}  // namespace sluice::train
