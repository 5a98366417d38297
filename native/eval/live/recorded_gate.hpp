// A bundle's questions over frames that were measured before: the real ones, on a network that repeats what it gave for each frame. Reads no
// pictures, so that many streams are gone through in seconds. One thread at a time.
#pragma once

#include <memory>
#include <vector>

#include "core/pipeline/manifest.hpp"
#include "core/pipeline/question.hpp"
#include "native/eval/measurement.hpp"

namespace sluice::eval {

// What the network gives next; borrowed.
struct RecordedFrame {
  const FrameRecord* frame = nullptr;
};

struct RecordedGate {
  pipeline::Manifest manifest;  // the bundle's, about an input without contents
  std::vector<std::unique_ptr<pipeline::Question>> questions;
  std::shared_ptr<RecordedFrame> at;  // set it before each input
};

// `reuse`: that question is asked as well, where the bundle and the measurement have it. kInvalidArgument for a bundle without SKIP.
Result<RecordedGate> make_recorded_gate(const pipeline::Manifest& bundle, const Measurement& measurement, bool reuse);

// The recorded result of the full model; where only `needed` is known, one box or none.
Result<std::vector<output::OutputTensor>> recorded_result(const FrameRecord& frame);

}  // namespace sluice::eval
