// Operating points of an exported filter: scores the calibration pictures with the core's own runner and chooses a
// threshold for each target (core/filter/calibration.hpp). Frames of one block of a clip are one block; every composed
// picture is a block of its own. Each kind of picture is calibrated by itself and the lowest of the thresholds taken:
// errors grow with the threshold, so the promise holds for each kind and with that for any mixture of them.
#pragma once

#include <span>
#include <vector>

#include "core/filter/calibration.hpp"
#include "core/pipeline/manifest.hpp"
#include "native/train/sample_store.hpp"

namespace sluice::train {

// The scores of all pictures, in the order of the stores. Pictures were rounded to bytes when they were stored.
Result<std::vector<filter::ScoredFrame>> score_samples(Bytes onnx, const input::ImageSpec& spec,
                                                       std::span<const SampleStore* const> stores);

// One point for each target that can be promised for every kind, by growing target; the filter rate is that of all
// pictures together. kInvalidArgument when there is none.
Result<std::vector<pipeline::OperatingPoint>> calibrate_gate(Bytes onnx, const input::ImageSpec& spec,
                                                             std::span<const std::vector<const SampleStore*>> kinds,
                                                             std::span<const double> targets, double confidence,
                                                             filter::Promise promise);

}  // namespace sluice::train
