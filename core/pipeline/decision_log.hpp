// A record of everything a client was told, one line of text each, from which its decisions can be made again: for finding
// out afterwards why an input got the answer it got. Payloads are recorded by their size alone; messages are whole, in hex.
// Line: microseconds, what happened, its numbers. The sink is the driver's; without one nothing is written or computed.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/pipeline/client_events.hpp"
#include "core/pipeline/client_options.hpp"
#include "core/pipeline/question.hpp"

namespace sluice::pipeline {

class Client;
struct Manifest;

// The last line of a log that ends before the client did, since a sink had no more room. A replay ends there too.
inline constexpr std::string_view kLogCutOff = "0 cut-off";

class DecisionSink {
 public:
  virtual ~DecisionSink() = default;
  virtual void line(std::string_view text) = 0;  // without a line end
};

// The client's side: writes lines.
class DecisionRecorder {
 public:
  void set_sink(DecisionSink* sink) { sink_ = sink; }

  void record(Instant now, std::string_view what, std::initializer_list<std::uint64_t> numbers = {});
  void record_question(Instant now, std::size_t index, const Result<Verdict>& verdict);
  void record_offer(Instant now, const input::InputExtent& extent, const OwnForm& own);
  void record_product(Instant now, AttemptId attempt, const Product& product, Duration took);
  // What became of an input that was placed; a replay makes it again and doesn't read it.
  void record_placement(Instant now, InputId input, const PlacementRecord& placement);
  void record_comparison(adapt::AnswerKind kind, float expected, bool wrong);
  void record_known(std::size_t place, float score, bool wrong);
  void record_target(float asked, const std::vector<float>& spent);
  void record_message(Instant now, Bytes message) { record_bytes(now, "message ", message); }
  void record_restored(Bytes state) { record_bytes(Instant{}, "restored ", state); }

 private:
  void record_bytes(Instant now, std::string_view what, Bytes bytes);

  DecisionSink* sink_ = nullptr;
};

// How an input ended in a replay.
struct ReplayedEnd {
  Instant when;
  InputId input = 0;
  std::string how;     // kind_name() or error_name()
  std::string reason;  // of an answer
  std::optional<PlacementRecord> placement;
};

// What a log was written by, and where it stands in the file that it comes from.
struct ReplayedRun {
  ClientOptions options;
  std::vector<std::string> questions;  // by name, in the order in which they are asked
  std::size_t first_line = 1;          // the number that errors give the log's first line
  std::uint32_t halves = 0;            // coded channels that the device half gives; 0: none ran
  bool exits = false;                  // the model on this device ran by stages, with its early exits
  bool cut = false;                    // its first stages ran here, and a server went on from the cut
};

// Feeds a log to a new client with this manifest and the run's options, and questions that answer as recorded; `ended` is told of
// each input's end, in order. Lines may end as on Windows, and the last may be followed by empty ones. Times are exact; error texts
// are not part of the log. Memory is bounded whatever the log says, by a few times what a run may hold. kInvalidArgument names the
// first line that cannot be read, or makes the client hold more than that; what ended before it was told. So it does where a device half
// or early exits or a cut ran and the manifest has none.
Result<void> replay(std::string_view log, const Manifest& manifest, const ReplayedRun& run,
                    const std::function<void(const ReplayedEnd&)>& ended);

}  // namespace sluice::pipeline
