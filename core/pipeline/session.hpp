// The server's end of one connection as a state machine without I/O: messages and the time go in; accepted requests,
// messages to send, a close code and the next deadline come out. The driver (the Beast server, tests) owns the socket and
// runs the models; admission across connections is the driver's, told to the session by reject().
// Every accepted request ends in exactly one Answer or ErrorMessage to the client, unless the connection is gone.
// Not synchronised: one thread (strand) at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/pipeline/answer.hpp"
#include "core/wire/messages.hpp"

namespace sluice::pipeline {

// One version of a bundle, as a server offers it. Whoever holds it in a shared_ptr has a lease: the server keeps what belongs to
// it for so long, although another version may have taken its place meanwhile.
struct ServedBundle {
  std::string name;
  std::string version;
  std::vector<std::string> inputs;        // names of the model's input tensors
  std::vector<wire::Encoding> encodings;  // of payloads that are taken for it, best first
  bool shares_answers = false;            // among clients, see wire::kFeatureSharedReuse
  std::size_t max_split_bytes = 0;        // of a kSplit payload in parts; 0: as many as a message may have
};
using BundleLease = std::shared_ptr<const ServedBundle>;

// What a server offers to connections that open now.
class ServedBundles {
 public:
  virtual ~ServedBundles() = default;
  virtual BundleLease find(std::string_view name) const = 0;  // its version of today; nullptr: none
  virtual std::string names() const = 0;                      // "faces, hands", for messages
};

struct SessionOptions {
  std::string server_name = "sluice-server";
  std::size_t max_message_bytes = std::size_t{8} << 20;
  std::uint32_t max_in_flight = 16;
  std::uint32_t max_budget_ms = 30'000;
  std::uint32_t handshake_timeout_ms = 5000;
  std::uint32_t idle_timeout_ms = 120'000;              // no message from the client
  std::size_t max_unsent_bytes = std::size_t{8} << 20;  // answers that a slow reader has not taken; above it: closed
};

// --- events
// Run the model; where parts follow, with the payload that they make whole. `message` owns the bytes that the request's views borrow.
struct RequestAccepted {
  std::uint64_t id = 0;
  BundleLease bundle;
  Instant deadline;
  std::shared_ptr<const std::string> message;
  wire::Request request;
};
// The next part of an accepted request's payload. `message` owns the payload's bytes.
struct PartArrived {
  std::uint64_t id = 0;
  bool last = false;
  std::shared_ptr<const std::string> message;
  Bytes payload;
};
struct RequestAbandoned {  // cancelled, expired or its connection is gone: free its slot, drop the result
  std::uint64_t id = 0;
  ErrorCode reason = ErrorCode::kCancelled;
};
struct CloseRequested {  // close the connection with this WebSocket code after the pending messages
  std::uint16_t code = 1000;
  std::string reason;
};
using SessionEvent = std::variant<RequestAccepted, PartArrived, RequestAbandoned, CloseRequested>;

// What answered in the model's place; no name: the model itself.
struct VariantUsed {
  std::string name;
  float agreement = 0;
};

class Session {
 public:
  // `bundles` must outlive the session, which holds a lease on the version that it agreed on.
  Session(const ServedBundles& bundles, const SessionOptions& options, Instant now);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void receive(std::string message, Instant now);
  void disconnected(Instant now);

  // Results for an accepted request, and how they came about (kRemote: by the full model, or the variant named), here or after so many
  // `hops` on another server. A late one (already abandoned) is dropped and reported by returning false.
  bool complete(std::uint64_t id, const std::vector<OutputTensor>& outputs, const wire::ServerCost& cost,
                AnswerKind how, Instant now, const VariantUsed& variant = {}, std::uint32_t hops = 0);
  bool reject(std::uint64_t id, const Error& error, std::uint32_t retry_after_ms, Instant now);

  // The driver goes on with the parts that are there: later ones of this request are ignored.
  void close_parts(std::uint64_t id);

  // Says Goodbye, takes no new requests, and asks to be closed once the last accepted one is answered.
  void drain(std::uint32_t reconnect_after_ms, Instant now);

  // Ends every accepted request, and then the connection, with this error and close code 1008.
  void refuse(const Error& why, Instant now);

  std::optional<SessionEvent> next_event();
  // The oldest message not yet taken, moved out to be sent; call sent() once with its size when the socket took it.
  std::optional<std::string> next_message();
  void sent(std::size_t bytes);
  Instant next_deadline() const;
  void tick(Instant now);

  std::uint32_t in_flight() const;
  bool handshaken() const;
  const ServedBundle* bundle() const;  // nullptr before the handshake

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::pipeline
