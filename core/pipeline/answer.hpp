// What the user gets for each input: which kind of answer it is, why, what it holds and what it cost.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/time.hpp"
#include "core/output/output_tensor.hpp"
#include "core/pipeline/placement_record.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::pipeline {

using InputId = std::uint64_t;  // assigned by the client pipeline, growing from 1

enum class AnswerKind : std::uint8_t {
  kSkipped = 0,  // the filter: the model need not run, the answer is the bundle's empty one
  kReused = 1,   // an earlier answer
  kExited = 2,   // an early exit
  kSplit = 3,    // local and remote halves combined
  kRemote = 4,   // the full model, on the server
  kLocal = 5,    // the full model, on this device
};
inline constexpr std::size_t kAnswerKinds = 6;
std::string_view kind_name(AnswerKind kind);  // "skipped", ...

// Where the time and the bytes of one input went. Durations are zero for stages that did not take place.
struct Cost {
  Duration gate{0};    // preprocessing and questions
  Duration encode{0};  // input to payload
  Duration wait{0};    // before it was sent, without gate and encode
  Duration round_trip{0};
  Duration server_queue{0};
  Duration server_decode{0};
  Duration server_compute{0};
  Duration local_compute{0};
  std::uint64_t bytes_up = 0;  // whole messages, without WebSocket framing
  std::uint64_t bytes_down = 0;
  std::uint64_t local_multiply_adds = 0;  // of the stages and exits that were run here; 0 where nothing counts them

  Cost& operator+=(const Cost& other);
};

using OutputTensor = output::OutputTensor;

// A score where there was nothing to compare with, as before REUSE remembers its first input; above every threshold.
inline constexpr float kNoScore = std::numeric_limits<float>::max();

struct Answer {
  InputId input = 0;
  AnswerKind kind = AnswerKind::kRemote;
  std::string reason;  // "skip score 0.03 < threshold 0.21 (may err on 10 %)"
  float score = 0;     // of the question that decided, or kNoScore
  float threshold = 0;
  std::vector<OutputTensor> outputs;  // empty for kSkipped
  Cost cost;
  // It was kept for want of a better one, which did not come before the deadline, or failed: no accuracy target stands behind it.
  bool stopgap = false;
  // The full model runs for it as well, afterwards, to see whether it was right (Client::promise_with()); AuditEnded tells.
  bool audited = false;
  std::string variant{};  // of the model, that the server answered with in its place; empty: the model itself
  // Of an input that was placed (ClientOptions::place_forms, or choose): what was considered.
  std::unique_ptr<const PlacementRecord> placement{};
};

// The input got no answer; never silent.
struct Failed {
  InputId input = 0;
  Error error;
  Cost cost;
};

}  // namespace sluice::pipeline
