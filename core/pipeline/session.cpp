#include "core/pipeline/session.hpp"

#include <algorithm>
#include <utility>

#include "core/pipeline/ring_queue.hpp"
#include "core/wire/close_code.hpp"
#include "core/wire/codec.hpp"
#include "core/wire/encoding.hpp"
#include "core/wire/utf8.hpp"

namespace sluice::pipeline {
namespace {

// A peer that sends more than this many messages that make no sense is not ours.
constexpr std::uint32_t kMaxBadMessages = 8;

std::string range(std::uint32_t oldest, std::uint32_t newest) {
  return oldest == newest ? join_text({oldest}) : join_text({oldest, " to ", newest});
}

// What a queued message takes beside its bytes, on any machine: many small ones are as large as few large ones.
constexpr std::size_t kQueuedBytes = 64;
constexpr std::size_t kMostAroundPayload = 16 << 10;  // of a message: names, trace, embedding
// A queue that grows has at most twice the places that it needs.
static_assert(2 * sizeof(std::string) <= kQueuedBytes);

// What may still come of a request's payload.
enum class Parts : std::uint8_t {
  kNone,     // it is whole
  kAwaited,  // the next part
  kIgnored,  // parts that are on their way, and not waited for any more
};

struct Active {
  std::uint64_t id = 0;
  Instant deadline;
  Parts parts = Parts::kNone;
  std::uint32_t next_part = 1;
  std::size_t payload_bytes = 0;  // that have come
};

}  // namespace

struct Session::Impl {
  enum class State : std::uint8_t { kAwaitingHello, kServing, kDraining, kClosed };

  Impl(const ServedBundles& served, const SessionOptions& chosen, Instant now)
      : bundles(served), options(chosen), opened(now), last_heard(now) {
    active.reserve(options.max_in_flight);
  }

  const ServedBundles& bundles;
  const SessionOptions options;
  const Instant opened;
  State state = State::kAwaitingHello;
  Instant last_heard;
  BundleLease bundle;           // agreed on in the handshake
  wire::Features features = 0;  // agreed on in the handshake
  std::vector<Active> active;
  std::uint64_t last_id = 0;
  std::uint32_t bad_messages = 0;
  std::uint32_t reconnect_after_ms = 0;
  RingQueue<SessionEvent> events;
  RingQueue<std::string> unsent;
  std::size_t unsent_bytes = 0;  // queued here or taken and not yet reported by sent()

  void send(const wire::Message& message) {
    if (state == State::kClosed) return;
    std::string bytes;
    wire::encode(message, bytes);
    send(std::move(bytes));
  }

  void send(std::string bytes) {
    if (unsent_bytes != 0 && unsent_bytes + bytes.size() + kQueuedBytes > options.max_unsent_bytes) {
      unsent.clear();  // they would not arrive
      close(wire::kClosePolicy, join_text({"answers are not being read: ", unsent_bytes,
                                           " bytes wait, max_unsent_bytes is ", options.max_unsent_bytes}));
      return;
    }
    unsent_bytes += bytes.size() + kQueuedBytes;
    unsent.push(std::move(bytes));
  }

  void send_error(std::uint64_t id, ErrorCode code, std::string message, std::uint32_t retry_after_ms = 0) {
    send(wire::ErrorMessage{id, code, std::move(message), retry_after_ms});
  }

  void abandon(std::uint64_t id, ErrorCode reason) { events.push(RequestAbandoned{id, reason}); }

  void abandon_all(ErrorCode reason) {
    for (const Active& request : active) abandon(request.id, reason);
    active.clear();
  }

  void close(std::uint16_t code, std::string_view reason) {
    if (state == State::kClosed) return;
    state = State::kClosed;
    abandon_all(ErrorCode::kConnectionLost);
    // A close frame has room for 123 bytes of reason.
    events.push(CloseRequested{code, std::string(wire::clip_utf8(reason, 123))});
  }

  void refuse(ErrorCode code, const std::string& message, std::uint16_t close_code) {
    send_error(0, code, message);
    close(close_code, message);
  }

  void complain(std::uint64_t id, ErrorCode code, std::string message) {
    send_error(id, code, std::move(message));
    if (++bad_messages > kMaxBadMessages) {
      close(wire::kCloseProtocolError, join_text({bad_messages, " messages that the protocol does not allow"}));
    }
  }

  Active* find(std::uint64_t id) {
    const auto found = std::find_if(active.begin(), active.end(), [&](const Active& one) { return one.id == id; });
    return found == active.end() ? nullptr : &*found;
  }

  // Takes the request out of the table; false when it is not there.
  bool finish(std::uint64_t id) {
    const Active* found = find(id);
    if (found == nullptr) return false;
    active.erase(active.begin() + (found - active.data()));
    return true;
  }

  // What came for an accepted request breaks the protocol, and ends it where it is still under way.
  void fail_request(std::uint64_t id, ErrorCode code, std::string message) {
    if (finish(id)) abandon(id, code);
    complain(id, code, std::move(message));
    close_if_drained();
  }

  void close_if_drained() {
    if (state != State::kDraining || !active.empty()) return;
    close(reconnect_after_ms != 0 ? wire::kCloseRestart : wire::kCloseGoingAway, "drained");
  }

  void on(const wire::Hello& hello) {
    if (state != State::kAwaitingHello) return complain(0, ErrorCode::kUnexpectedMessage, "a second hello");
    const std::uint32_t protocol = std::min(hello.newest_protocol, wire::kProtocolVersion);
    if (protocol < std::max(hello.oldest_protocol, wire::kOldestProtocolVersion)) {
      return refuse(ErrorCode::kProtocolVersionMismatch,
                    join_text({"the client speaks protocol ", range(hello.oldest_protocol, hello.newest_protocol),
                               ", the server ", range(wire::kOldestProtocolVersion, wire::kProtocolVersion)}),
                    wire::kClosePolicy);
    }
    auto found = bundles.find(hello.bundle);
    if (found == nullptr) {
      const std::string names = bundles.names();
      return refuse(
          ErrorCode::kUnknownBundle,
          join_text({"no bundle ", wire::quoted(hello.bundle), " here; served: ", (names.empty() ? "none" : names)}),
          wire::kClosePolicy);
    }
    if (found->version != hello.bundle_version) {
      return refuse(ErrorCode::kBundleVersionMismatch,
                    join_text({"the client holds version ", wire::quoted(hello.bundle_version), " of bundle '",
                               found->name, "', the server version '", found->version, "'"}),
                    wire::kClosePolicy);
    }
    bundle = std::move(found);
    state = State::kServing;
    wire::Welcome welcome;
    welcome.protocol = protocol;
    welcome.server = options.server_name;
    welcome.bundle = bundle->name;
    welcome.bundle_version = bundle->version;
    welcome.limits = {options.max_message_bytes, options.max_in_flight, options.max_budget_ms};
    welcome.encodings = bundle->encodings;
    features = hello.features & wire::kFeatures;
    if (!bundle->shares_answers) features &= ~wire::kFeatureSharedReuse;
    welcome.features = features;
    welcome.inputs = bundle->inputs;
    send(welcome);
  }

  void on(wire::Request& request, std::shared_ptr<const std::string> message, Instant now) {
    const std::uint64_t id = request.id;
    if (id == 0) return complain(0, ErrorCode::kMalformedMessage, "a request without an id");
    if (id <= last_id) {
      return complain(id, ErrorCode::kDuplicateRequestId,
                      join_text({"request id ", id, " after ", last_id, "; ids must grow"}));
    }
    last_id = id;
    if (state == State::kDraining) {
      return send_error(id, ErrorCode::kShuttingDown, "the server is draining", reconnect_after_ms);
    }
    const auto& encodings = bundle->encodings;
    if (std::find(encodings.begin(), encodings.end(), request.encoding) == encodings.end()) {
      return send_error(id, ErrorCode::kUnsupportedEncoding,
                        join_text({"encoding ", static_cast<std::uint32_t>(request.encoding), " (",
                                   wire::encoding_name(request.encoding),
                                   ") is not accepted; accepted: ", wire::encoding_list(encodings)}));
    }
    if (active.size() >= options.max_in_flight) {
      return send_error(id, ErrorCode::kTooManyInFlight,
                        join_text({active.size(), " requests are in flight, the most that max_in_flight allows"}));
    }
    const Duration budget = std::min<Duration>(request.budget, std::chrono::milliseconds(options.max_budget_ms));
    if (budget <= Duration::zero()) {
      return send_error(id, ErrorCode::kDeadlineExpired, "the request arrived without any time left");
    }
    if ((features & wire::kFeatureSharedReuse) == 0) request.embedding = {};
    if ((features & wire::kFeatureParts) == 0) request.parts_follow = false;
    if (request.parts_follow && request.encoding != wire::Encoding::kSplit) {
      return send_error(id, ErrorCode::kUnsupportedEncoding,
                        join_text({"a payload in parts of encoding ", wire::encoding_name(request.encoding),
                                   "; in parts comes ", wire::encoding_name(wire::Encoding::kSplit)}));
    }
    // The first piece is held as long as the others are awaited, and whatever stands around it in its message.
    if (request.parts_follow && (request.payload.size() > most_split_bytes() ||
                                 message->size() - request.payload.size() > kMostAroundPayload)) {
      return send_error(id, ErrorCode::kMessageTooLarge,
                        join_text({"request ", id, " begins a payload in parts with ", message->size(),
                                   " bytes; payloads of this bundle have at most ", most_split_bytes()}));
    }
    active.push_back(
        {id, now + budget, request.parts_follow ? Parts::kAwaited : Parts::kNone, 1, request.payload.size()});
    events.push(RequestAccepted{id, bundle, now + budget, std::move(message), std::move(request)});
  }

  // Of a payload of features, in however many parts.
  std::size_t most_split_bytes() const {
    return bundle->max_split_bytes == 0 ? options.max_message_bytes
                                        : std::min(bundle->max_split_bytes, options.max_message_bytes);
  }

  void on(const wire::Part& part, std::shared_ptr<const std::string> message) {
    const std::uint64_t id = part.request_id;
    if (id == 0 || id > last_id) {
      return complain(id, ErrorCode::kUnexpectedMessage,
                      join_text({"a part of request ", id, ", which was never made"}));
    }
    Active* request = find(id);
    if (request == nullptr || request->parts == Parts::kIgnored) return;  // it ended, or went ahead, meanwhile
    if (request->parts == Parts::kNone) {
      return fail_request(id, ErrorCode::kUnexpectedMessage,
                          join_text({"part ", part.number, " of request ", id, ", whose payload was whole"}));
    }
    if (part.number != request->next_part) {
      return fail_request(
          id, ErrorCode::kUnexpectedMessage,
          join_text({"part ", part.number, " of request ", id, " in the place of part ", request->next_part}));
    }
    const std::size_t most = most_split_bytes();
    if (part.payload.size() > most || request->payload_bytes > most - part.payload.size()) {
      return fail_request(id, ErrorCode::kMessageTooLarge,
                          join_text({"request ", id, " has ", request->payload_bytes + part.payload.size(),
                                     " bytes in its parts; at most ", most, " are allowed"}));
    }
    ++request->next_part;
    request->payload_bytes += part.payload.size();
    if (part.last) request->parts = Parts::kNone;
    events.push(PartArrived{id, part.last, std::move(message), part.payload});
  }

  void on(const wire::Cancel& cancel) {
    if (!finish(cancel.request_id)) return;  // answered meanwhile
    abandon(cancel.request_id, ErrorCode::kCancelled);
    send_error(cancel.request_id, ErrorCode::kCancelled, "cancelled by the client");
  }

  void dispatch(wire::Message& decoded, std::shared_ptr<const std::string> message, Instant now) {
    if (auto* hello = std::get_if<wire::Hello>(&decoded)) return on(*hello);
    if (auto* ping = std::get_if<wire::Ping>(&decoded)) return send(wire::Pong{ping->value});
    if (std::holds_alternative<wire::Pong>(decoded) || std::holds_alternative<wire::ErrorMessage>(decoded)) return;
    if (state == State::kAwaitingHello) {
      return refuse(ErrorCode::kUnexpectedMessage, "the first message must be hello", wire::kCloseProtocolError);
    }
    if (auto* request = std::get_if<wire::Request>(&decoded)) return on(*request, std::move(message), now);
    if (const auto* part = std::get_if<wire::Part>(&decoded)) return on(*part, std::move(message));
    if (auto* cancel = std::get_if<wire::Cancel>(&decoded)) return on(*cancel);
    complain(0, ErrorCode::kUnexpectedMessage, "a message that only a server may send");
  }

  Instant deadline() const {
    if (state == State::kClosed) return kNever;
    Instant next = state == State::kAwaitingHello ? opened + std::chrono::milliseconds(options.handshake_timeout_ms)
                                                  : last_heard + std::chrono::milliseconds(options.idle_timeout_ms);
    for (const Active& request : active) next = std::min(next, request.deadline);
    return next;
  }

  void expire(Instant now) {
    for (std::size_t i = 0; i < active.size();) {
      if (active[i].deadline > now) {
        ++i;
        continue;
      }
      const std::uint64_t id = active[i].id;
      active.erase(active.begin() + static_cast<std::ptrdiff_t>(i));
      abandon(id, ErrorCode::kDeadlineExpired);
      send_error(id, ErrorCode::kDeadlineExpired, join_text({"the budget of request ", id, " is used up"}));
      if (state == State::kClosed) return;
    }
    close_if_drained();
  }

  void tick(Instant now) {
    if (state == State::kClosed) return;
    expire(now);
    if (state == State::kClosed) return;
    if (state == State::kAwaitingHello) {
      if (now >= opened + std::chrono::milliseconds(options.handshake_timeout_ms)) {
        refuse(ErrorCode::kHandshakeRefused, join_text({"no hello within ", options.handshake_timeout_ms, " ms"}),
               wire::kClosePolicy);
      }
    } else if (now >= last_heard + std::chrono::milliseconds(options.idle_timeout_ms)) {
      close(wire::kCloseGoingAway, join_text({"no message for ", options.idle_timeout_ms, " ms"}));
    }
  }
};

Session::Session(const ServedBundles& bundles, const SessionOptions& options, Instant now)
    : impl_(std::make_unique<Impl>(bundles, options, now)) {}

Session::~Session() = default;

void Session::receive(std::string message, Instant now) {
  Impl& self = *impl_;
  self.tick(now);
  if (self.state == Impl::State::kClosed) return;
  self.last_heard = now;
  if (message.size() > self.options.max_message_bytes) {
    return self.refuse(ErrorCode::kMessageTooLarge,
                       join_text({"a message of ", message.size(), " bytes; at most ", self.options.max_message_bytes,
                                  " are allowed"}),
                       wire::kCloseTooBig);
  }
  auto owned = std::make_shared<const std::string>(std::move(message));
  auto decoded = wire::decode(as_bytes(*owned), {.max_message_bytes = self.options.max_message_bytes});
  if (!decoded) {
    if (self.state == Impl::State::kAwaitingHello) {
      return self.refuse(decoded.error().code, decoded.error().message, wire::kCloseProtocolError);
    }
    const std::uint64_t id = wire::salvage_request_id(as_bytes(*owned));
    const Active* open = self.find(id);
    if (open != nullptr && open->parts == Parts::kAwaited) {  // a part of it is damaged
      return self.fail_request(id, decoded.error().code, decoded.error().message);
    }
    return self.complain(id, decoded.error().code, decoded.error().message);
  }
  self.dispatch(*decoded, std::move(owned), now);
}

void Session::disconnected(Instant) {
  Impl& self = *impl_;
  if (self.state == Impl::State::kClosed) return;
  self.state = Impl::State::kClosed;
  self.unsent.clear();
  self.abandon_all(ErrorCode::kConnectionLost);
}

bool Session::complete(std::uint64_t id, const std::vector<OutputTensor>& outputs, const wire::ServerCost& cost,
                       AnswerKind how, Instant now, const VariantUsed& variant, std::uint32_t hops) {
  Impl& self = *impl_;
  self.tick(now);
  if (!self.finish(id)) return false;
  wire::Answer answer;
  answer.request_id = id;
  answer.cost = cost;
  if ((self.features & wire::kFeatureAnswerKinds) != 0) answer.how = static_cast<std::uint32_t>(how);
  answer.variant = variant.name;
  answer.agreement = variant.agreement;
  answer.hops = hops;
  answer.outputs.reserve(outputs.size());
  for (const OutputTensor& output : outputs) answer.outputs.push_back({output.name, output.tensor.view()});
  std::string bytes;
  wire::encode(answer, bytes);
  if (bytes.size() <= self.options.max_message_bytes) {
    self.send(std::move(bytes));
  } else {
    self.send_error(
        id, ErrorCode::kMessageTooLarge,
        join_text({"the answer has ", bytes.size(), " bytes; max_message_bytes is ", self.options.max_message_bytes}));
  }
  self.close_if_drained();
  return true;
}

bool Session::reject(std::uint64_t id, const Error& error, std::uint32_t retry_after_ms, Instant now) {
  Impl& self = *impl_;
  self.tick(now);
  if (!self.finish(id)) return false;
  self.send_error(id, error.code, error.message, retry_after_ms);
  self.close_if_drained();
  return true;
}

void Session::close_parts(std::uint64_t id) {
  Active* request = impl_->find(id);
  if (request != nullptr && request->parts == Parts::kAwaited) request->parts = Parts::kIgnored;
}

void Session::drain(std::uint32_t reconnect_after_ms, Instant now) {
  Impl& self = *impl_;
  self.tick(now);
  if (self.state == Impl::State::kClosed || self.state == Impl::State::kDraining) return;
  self.reconnect_after_ms = reconnect_after_ms;
  if (self.state == Impl::State::kAwaitingHello) {
    self.send_error(0, ErrorCode::kShuttingDown, "the server is draining", reconnect_after_ms);
  } else {
    self.send(wire::Goodbye{ErrorCode::kShuttingDown, reconnect_after_ms});
  }
  if (self.state == Impl::State::kClosed) return;
  self.state = Impl::State::kDraining;
  self.close_if_drained();
}

void Session::refuse(const Error& why, Instant now) {
  Impl& self = *impl_;
  self.tick(now);
  if (self.state == Impl::State::kClosed) return;
  for (const Active& request : std::exchange(self.active, {})) {
    self.abandon(request.id, why.code);
    self.send_error(request.id, why.code, why.message);
  }
  if (self.state != Impl::State::kClosed) self.refuse(why.code, why.message, wire::kClosePolicy);
}

std::optional<SessionEvent> Session::next_event() {
  if (impl_->events.empty()) return std::nullopt;
  return impl_->events.pop();
}

std::optional<std::string> Session::next_message() {
  if (impl_->unsent.empty()) return std::nullopt;
  return impl_->unsent.pop();
}

void Session::sent(std::size_t bytes) { impl_->unsent_bytes -= std::min(bytes + kQueuedBytes, impl_->unsent_bytes); }

Instant Session::next_deadline() const { return impl_->deadline(); }
void Session::tick(Instant now) { impl_->tick(now); }
std::uint32_t Session::in_flight() const { return static_cast<std::uint32_t>(impl_->active.size()); }
bool Session::handshaken() const { return impl_->bundle != nullptr; }
const ServedBundle* Session::bundle() const { return impl_->bundle.get(); }

}  // namespace sluice::pipeline
