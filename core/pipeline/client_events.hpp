// What the client pipeline asks of its driver, tells its user, and takes from its driver.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/error.hpp"
#include "core/pipeline/answer.hpp"
#include "core/pipeline/placement_record.hpp"
#include "core/promise/live_promise.hpp"
#include "core/wire/messages.hpp"

namespace sluice::pipeline {

enum class ConnectionState : std::uint8_t { kIdle, kConnecting, kHandshaking, kReady, kBackingOff, kStopped };

// One try to get an input answered along one route; its number is never used again.
using AttemptId = std::uint64_t;

// The encodings that a server takes, best first; held in place, since every payload that is wanted carries them.
class EncodingList {
 public:
  static constexpr std::size_t kMost = 8;

  // What is beyond kMost is left out: the best come first.
  void add(wire::Encoding encoding) {
    if (count_ < kMost) list_[count_++] = encoding;
  }
  void clear() { count_ = 0; }
  bool contains(wire::Encoding encoding) const;
  std::span<const wire::Encoding> view() const { return {list_.data(), count_}; }
  bool empty() const { return count_ == 0; }

 private:
  std::array<wire::Encoding, kMost> list_{};
  std::size_t count_ = 0;
};

// An encoded form of a picture that the application has already, as the file that it was read from.
struct OwnForm {
  wire::Encoding encoding = wire::Encoding::kJpeg;
  std::uint64_t bytes = 0;  // 0: there is none
  float quantiser = 0;      // adapt::jpeg_quantiser; 0: not known
};

// --- work for the driver; answered by submit() or fail()
// Encode the input in one of `encodings`. Pictures: with this JPEG quality, both sides scaled by `scale` (1: as they are),
// which follow the link within the bounds of the bundle.
struct Encode {
  EncodingList encodings;
  std::uint32_t jpeg_quality = 85;  // 1 to 100
  float scale = 1;                  // (0, 1]
  bool own = false;                 // as it came with the input (OwnForm), nothing is encoded
};
// Run a part of the bundle on this device. A model with early exits runs stage by stage (exit_route.hpp): the first one on the input,
// each other on what the one before left for the same attempt. What is held between them goes with the attempt, or when another begins.
struct RunStage {
  std::string_view part;  // lives as long as the client
  std::uint32_t stage = 0;
  bool with_exit = false;  // the exit behind the stage is asked as well
  bool coded =
      false;  // the stage has run: what it left is wanted as the bytes that a server goes on from (MANIFEST.md, `cut`)
};
using Work = std::variant<Encode, RunStage>;

// --- what the driver made
struct Payload {
  wire::Encoding encoding = wire::Encoding::kTensor;
  Bytes bytes;  // read during the call
  // The trace that the input belongs to, W3C Trace Context's `traceparent` in a form that the driver has checked; empty: none.
  std::string_view traceparent = {};
  std::uint32_t exit_point = 0;  // as wire::Request's
};
// What a part of the bundle gave.
struct StageOutputs {
  StageOutputs(std::vector<OutputTensor> made, std::string_view trace = {}, std::uint64_t counted = 0)
      : outputs(std::move(made)), traceparent(trace), multiply_adds(counted) {}
  std::vector<OutputTensor> outputs;
  std::string_view traceparent;  // as Payload's
  std::uint64_t multiply_adds;   // that were run for it; 0: not counted
};
using Product = std::variant<Payload, StageOutputs>;

// --- events
struct Answered {
  Answer answer;
};
struct InputFailed {
  Failed failed;
};
// Do `work` for the input, then submit() or fail() the attempt.
struct RunWanted {
  AttemptId attempt = 0;
  InputId input = 0;
  Work work;
};
struct ConnectWanted {};  // open a connection, then connected() or disconnected()
struct CloseWanted {
  std::uint16_t code;
};  // close the connection
struct StateChanged {
  ConnectionState state;
  std::optional<Error> why;
  std::uint32_t retry_in_ms = 0;
};
// The audit of an input that was answered before has ended: its samples are not needed any more.
enum class AuditResult : std::uint8_t {
  kRight = 0,   // the answer was the full model's
  kWrong = 1,   // it was not
  kFailed = 2,  // the full model gave none, in time or at all, or none that can be compared
};
struct AuditEnded {
  InputId input = 0;
  AuditResult result = AuditResult::kFailed;
  Cost cost;  // of the audit, beside the answer's own
};
// What is known of the promise has changed in kind: its state, an alarm, a change of the inputs. Client::promise() tells all.
struct PromiseChanged {
  promise::PromiseState state = promise::PromiseState::kLearning;
  std::uint64_t alarms = 0;
};

using ClientEvent = std::variant<Answered, InputFailed, RunWanted, ConnectWanted, CloseWanted, StateChanged, AuditEnded,
                                 PromiseChanged>;

}  // namespace sluice::pipeline
