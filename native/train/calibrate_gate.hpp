// Operating points of an exported filter: scores the calibration pictures with the core's own runner and chooses a
// threshold for each target (core/filter/calibration.hpp). Frames of one block of a clip are one block; every composed
// picture is a block of its own.
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

// One point for each target that can be promised, by growing target. kInvalidArgument when there is none.
Result<std::vector<pipeline::OperatingPoint>> calibrate_gate(Bytes onnx, const input::ImageSpec& spec,
                                                             std::span<const SampleStore* const> stores,
                                                             std::span<const double> targets, double confidence,
                                                             filter::Promise promise);

}  // namespace sluice::train
