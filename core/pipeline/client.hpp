// The client's pipeline as a state machine without I/O: frames, bytes and the time go in; events, bytes to send and the
// next deadline come out. Drivers (browser worker, WebSocket++, tests) own the socket, the pictures and the clock.
//
//   offer(frame)  -> asks the questions; a frame that is not answered there waits for the server (or this device)
//   next_event()  -> what the driver must do or hand to the user; drain it after every call
//   next_message()-> bytes to send, in order
//   next_deadline(), tick(now) -> back-off, budgets, handshake time-out
//
// Every offered frame ends in exactly one Answered or FrameFailed event. The driver keeps a frame's picture until then,
// since the payload is asked for only when the frame is really to be sent (PayloadWanted), which is when a slot in flight
// is free: a frame that a newer one replaces (kNewestWins) is never encoded. It may be asked for again after a connection
// broke or the server was overloaded. What is submitted for a frame that has ended, or was not asked for, is ignored.
// After CloseWanted the client has forgotten that connection: the driver closes it and reports nothing more about it.
// Not synchronised: one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/input/image.hpp"
#include "core/pipeline/answer.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/pipeline/question.hpp"
#include "core/wire/messages.hpp"

namespace sluice::pipeline {

class DecisionSink;

enum class QueuePolicy : std::uint8_t {
  kNewestWins,  // live video: at most one frame waits; a newer one replaces it (superseded)
  kKeepAll,     // files: every frame is answered in its turn; offer() refuses above max_waiting
};

// Where a frame runs that no question answered.
enum class ModelPlace : std::uint8_t {
  kRemote,           // server only
  kRemoteElseLocal,  // server, and this device while there is no connection
  kLocal,            // this device only; no connection is made
};

struct ClientOptions {
  std::string client_name = "sluice";
  QueuePolicy queue = QueuePolicy::kNewestWins;
  ModelPlace place = ModelPlace::kRemote;
  std::uint32_t max_in_flight = 4;  // lowered to the server's limit
  std::uint32_t max_waiting = 256;  // for kKeepAll; at most 4096
  std::uint32_t budget_ms = 2000;   // of each frame, from offer() to its answer
  std::uint32_t handshake_timeout_ms = 5000;
  std::uint32_t ping_interval_ms = 10'000;
  std::uint32_t pong_timeout_ms = 5000;
  std::uint32_t backoff_first_ms = 250;  // doubles up to backoff_max_ms, with +-20 % jitter from `jitter_seed`
  std::uint32_t backoff_max_ms = 15'000;
  std::uint64_t jitter_seed = 1;
  std::size_t max_message_bytes = std::size_t{16} << 20;
};

enum class ConnectionState : std::uint8_t { kIdle, kConnecting, kHandshaking, kReady, kBackingOff, kStopped };

// --- events
struct Answered {
  Answer answer;
};
struct FrameFailed {
  Failed failed;
};
// Encode the picture of `frame` in one of `encodings` (best first) and call submit_payload() or fail_payload().
struct PayloadWanted {
  FrameId frame;
  std::vector<wire::Encoding> encodings;
};
// Run the full model on this device and call submit_local().
struct LocalRunWanted {
  FrameId frame;
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

using ClientEvent =
    std::variant<Answered, FrameFailed, PayloadWanted, LocalRunWanted, ConnectWanted, CloseWanted, StateChanged>;

class Client {
 public:
  // `questions` in the order in which they are asked; may be empty. `cost_clock` measures the gate's cost and decides
  // nothing; nullptr leaves Cost::gate zero.
  Client(const Manifest& manifest, std::vector<std::unique_ptr<Question>> questions, const ClientOptions& options,
         Clock* cost_clock);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void start(Instant now);  // wants a connection unless place is kLocal
  void stop(Instant now);   // fails what is under way with kCancelled and closes

  // Asks the questions about a frame. Errors mean that the frame was not taken: kInvalidImage, kTooManyInFlight, kDisposed.
  Result<FrameId> offer(const input::ImageView& frame, Instant now);
  void submit_payload(FrameId frame, wire::Encoding encoding, Bytes payload, Duration encode_time, Instant now);
  void fail_payload(FrameId frame, Error error, Instant now);
  void submit_local(FrameId frame, std::vector<OutputTensor> outputs, Duration compute_time, Instant now);
  void fail_local(FrameId frame, Error error, Instant now);
  void cancel(FrameId frame, Instant now);

  void connected(Instant now);
  void receive(Bytes message, Instant now);
  void disconnected(Error why, Instant now);

  std::optional<ClientEvent> next_event();
  // The next message to send, or nullptr. The bytes stay valid until the next call on this object.
  const std::string* next_message();
  Instant next_deadline() const;
  void tick(Instant now);

  float set_accuracy_target(float target);
  // Records what the client is told from now on (decision_log.hpp); set it before start() for a log that can be replayed.
  // Borrowed; nullptr ends the record.
  void record_to(DecisionSink* sink);
  ConnectionState state() const;
  std::uint32_t in_flight() const;  // asked for a payload, on the wire, or running on this device
  std::uint32_t waiting() const;
  std::optional<Duration> round_trip_time() const;  // of the last ping on this connection

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::pipeline
