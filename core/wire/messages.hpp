// What client and server say to each other, as plain structs. The schema is sluice.proto beside this file; codec.hpp turns
// these into bytes and back. One WebSocket binary message carries one of them. Views in decoded messages borrow the bytes
// that were decoded, and tensors among them lie at any address: copy one (Tensor::copy_of) before reading it as floats.
// Protocol version 1.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/time.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::wire {

inline constexpr std::uint32_t kProtocolVersion = 1;
inline constexpr std::uint32_t kOldestProtocolVersion = 1;
inline constexpr std::string_view kSubprotocol = "sluice.v1";

inline constexpr std::size_t kTraceparentBytes = 55;  // of a `traceparent`, "00-<32 digits>-<16 digits>-<2 digits>"

enum class Encoding : std::uint32_t {
  kTensor = 1,  // the model's input tensors
  kRgb8 = 2,    // packed pixels, width and height given
  kJpeg = 3,
  kPng = 4,
  kWebp = 5,
  kSplit = 6,  // features of a device half (core/split/coding), for the remote half of the bundle
  kCut = 7,    // the tensor at a cut of the bundle's model (core/split/coding), for the stages behind it
  kF32 = 16,   // float32 samples of audio (interleaved) or a signal (channel after channel)
  kS16 = 17,   // int16 samples of audio (interleaved)
  kUtf8 = 18,  // text
};

// A request passes at most so many servers on its way to the one that answers it (Request::passed_by).
inline constexpr std::size_t kMaxHops = 3;

// What the two ends can do beyond version 1's floor; a feature is used when both name it.
using Features = std::uint64_t;
inline constexpr Features kFeatureAnswerKinds = 1;  // Answer says how it came about
inline constexpr Features kFeatureSharedReuse = 2;  // Request brings an embedding, for earlier answers of other clients
inline constexpr Features kFeatureParts = 4;        // a payload of kSplit may come in parts
inline constexpr Features kFeatures = kFeatureAnswerKinds | kFeatureSharedReuse | kFeatureParts;

// Client to server, first message of a connection.
struct Hello {
  std::uint32_t oldest_protocol = kOldestProtocolVersion;
  std::uint32_t newest_protocol = kProtocolVersion;
  std::string client;  // "sluice-js/0.1.0", for logs
  std::string bundle;
  std::string bundle_version;
  Features features = kFeatures;
};

struct Limits {
  std::uint64_t max_message_bytes = 0;
  std::uint32_t max_in_flight = 0;
  std::uint32_t max_budget_ms = 0;
};

// Server to client, the answer to Hello.
struct Welcome {
  std::uint32_t protocol = kProtocolVersion;
  std::string server;
  std::string bundle;
  std::string bundle_version;
  Limits limits;
  std::vector<Encoding> encodings;  // what the server decodes
  Features features = kFeatures;    // of the client's, those that the server has too
  std::vector<std::string> inputs;  // names of the model's input tensors, for kTensor
};

struct NamedTensor {
  std::string name;
  TensorView tensor;
};

// Client to server: run the full model. Ids grow by at least one on a connection.
struct Request {
  std::uint64_t id = 0;
  Duration budget{0};  // remaining time when it was sent; no wall clocks are compared
  Encoding encoding = Encoding::kTensor;
  // The source's size, as input::InputExtent::sizes: of pictures width and height, in which boxes are answered.
  std::array<std::uint32_t, 3> extent{};
  Bytes payload;                     // for all encodings but kTensor
  std::vector<NamedTensor> tensors;  // for kTensor; each with a name
  // With kFeatureSharedReuse: float32 values, at any address, by which earlier answers are looked up and this one is kept; from
  // `reuse_distance` on an earlier one does not count. Empty: neither.
  Bytes embedding;
  float reuse_distance = 0;
  // The caller's trace, as W3C Trace Context's `traceparent` (kTraceparentBytes characters); empty: none.
  std::string_view traceparent;
  // Of kCut: which of the bundle's points decides how sure exits have to be, from 1 on.
  std::uint32_t exit_point = 0;
  // With kFeatureParts, of kSplit: `payload` is the first part of it, and Part messages bring the others.
  bool parts_follow = false;
  // The least share of inputs on which a variant of the model has to agree with it to answer in its place, (0, 1]; 0: none may.
  float least_agreement = 0;
  // What an answer needs for its way back, as far as the client knows.
  Duration return_time{0};
  // The servers that passed it on to another, the first one first, each by the number that it drew when it started. Clients leave it empty.
  std::vector<std::uint64_t> passed_by;
};

// Client to server: more of a request's payload, which is that of the request and of its parts one behind the other.
struct Part {
  std::uint64_t request_id = 0;
  std::uint32_t number = 0;  // 1, 2, ... of this request
  bool last = false;         // nothing follows; such a part may be empty
  Bytes payload;
};

// Where the server's time went.
struct ServerCost {
  Duration queue{0};
  Duration decode{0};
  Duration compute{0};
};

// Beside the output of a remote half (Encoding::kSplit): int32 [1], how many channels of the features came.
inline constexpr std::string_view kChannelsOutput = "channels";
// Beside the output of an early exit: int32 [1], the stage behind which the model stopped, from 0 on.
inline constexpr std::string_view kExitOutput = "exit";

struct Answer {
  std::uint64_t request_id = 0;
  std::vector<NamedTensor> outputs;
  ServerCost cost;
  // How it came about, numbered as pipeline::AnswerKind; 4, the full model, unless kFeatureAnswerKinds was agreed on.
  std::uint32_t how = 4;
  // The variant that answered in the model's place, and the share of inputs on which it agrees with the model; empty: the model itself.
  std::string variant{};
  float agreement = 0;
  // How many servers passed the request on before one answered it; 0: the one that it was sent to did.
  std::uint32_t hops = 0;
};

// Either side: a request (or, with id 0, the connection) failed.
struct ErrorMessage {
  std::uint64_t request_id = 0;
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::uint32_t retry_after_ms = 0;  // 0: no advice
};

struct Cancel {
  std::uint64_t request_id = 0;
};

// Server to client before it closes on purpose.
struct Goodbye {
  ErrorCode reason = ErrorCode::kShuttingDown;
  std::uint32_t reconnect_after_ms = 0;
};

// Either side; answered by Pong with the same value. Browsers cannot send WebSocket pings.
struct Ping {
  std::uint64_t value = 0;
};
struct Pong {
  std::uint64_t value = 0;
};

using Message = std::variant<Hello, Welcome, Request, Answer, ErrorMessage, Cancel, Goodbye, Ping, Pong, Part>;

}  // namespace sluice::wire
