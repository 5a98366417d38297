// The frames that the client has taken and not yet ended, at most a few thousand; found by their id or by the id of their
// request on the wire. Owned by the client; it keeps its memory, so frames come and go without allocating.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/pipeline/answer.hpp"

namespace sluice::pipeline {

enum class FrameState : std::uint8_t {
  kWaiting,   // for a slot, a connection or the end of a back-off
  kEncoding,  // its payload was asked for
  kOnWire,    // its request was handed to the outbox
  kLocal,     // the full model runs on this device
};

struct Frame {
  FrameId id = 0;
  FrameState state = FrameState::kWaiting;
  bool interrupted = false;  // was under way when the connection broke; newer frames do not replace it
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint64_t wire_id = 0;
  Instant offered;
  Instant sent;
  Instant deadline;
  float score = 0;
  float threshold = 0;
  std::string reason;  // why the model has to run
  Cost cost;
};

class FrameTable {
 public:
  Frame& add(Frame frame);
  void erase(FrameId id);

  Frame* find(FrameId id);
  Frame* find_wire(std::uint64_t wire_id);  // among those on the wire
  Frame* oldest_waiting();
  Frame* expired(Instant now);  // the oldest whose deadline has come
  Frame* oldest();

  // A waiting frame that a newer waiting one replaces, or nullptr.
  Frame* superseded();

  // Everything under way remotely waits again.
  void interrupt();

  std::uint32_t count(FrameState state) const;
  std::uint32_t remote() const { return count(FrameState::kEncoding) + count(FrameState::kOnWire); }
  Instant next_deadline() const;

 private:
  template <typename Predicate>
  Frame* oldest_where(Predicate matches);

  std::vector<Frame> frames_;  // in no order
};

}  // namespace sluice::pipeline
