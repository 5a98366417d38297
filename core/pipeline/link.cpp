#include "core/pipeline/link.hpp"

#include <algorithm>
#include <utility>

#include "core/wire/close_code.hpp"
#include "core/wire/encoding.hpp"
#include "core/wire/utf8.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::chrono::milliseconds kPongSpacing{100};

std::chrono::milliseconds ms(std::uint32_t count) { return std::chrono::milliseconds(count); }

// Not another version of the bundle: servers change theirs, forth and back.
bool is_final(ErrorCode code) {
  return code == ErrorCode::kProtocolVersionMismatch || code == ErrorCode::kUnknownBundle ||
         code == ErrorCode::kUnauthenticated;
}

}  // namespace

Link::Link(LinkOptions options, RingQueue<ClientEvent>& events, Outbox& outbox)
    : options_(std::move(options)),
      events_(events),
      outbox_(outbox),
      backoff_(options_.backoff_first_ms, options_.backoff_max_ms, options_.jitter_seed) {}

void Link::start(Instant now) {
  if (state_ != ConnectionState::kIdle) return;
  begun_ = now;
  connect(now);
}

void Link::stop() {
  if (state_ == ConnectionState::kStopped) return;
  // A connection that the driver has not yet been asked for needs no closing.
  const bool asked_for =
      events_.erase_if([](const ClientEvent& event) { return std::holds_alternative<ConnectWanted>(event); }) != 0;
  if (open() || (state_ == ConnectionState::kConnecting && !asked_for)) events_.push(CloseWanted{wire::kCloseNormal});
  outbox_.clear();
  enter(ConnectionState::kStopped);
}

void Link::connect(Instant now) {
  draining_ = false;
  ping_pending_ = false;
  next_ping_ = kNever;
  silent_at_ = kNever;
  reconnect_hint_ = Duration::zero();
  round_trip_time_.reset();
  deadline_ = now + ms(options_.handshake_timeout_ms);
  enter(ConnectionState::kConnecting);
  events_.push(ConnectWanted{});
}

void Link::connected(Instant now) {
  if (state_ != ConnectionState::kConnecting) return;
  deadline_ = now + ms(options_.handshake_timeout_ms);
  wire::Hello hello;
  hello.client = options_.client_name;
  hello.bundle = options_.bundle;
  hello.bundle_version = options_.bundle_version;
  hello.features = options_.features;
  outbox_.push(hello);
  hello_sent_ = now;
  enter(ConnectionState::kHandshaking);
}

void Link::disconnected(Error why, Instant now) {
  if (state_ != ConnectionState::kConnecting && !open()) return;
  if (draining_) why = {ErrorCode::kShuttingDown, "the server drained: " + why.message};
  back_off(std::move(why), now);
}

void Link::heard(Instant now) {
  if (silent_at_ != kNever) silent_at_ = now + ms(options_.pong_timeout_ms);
}

void Link::tick(Instant now) {
  if (now >= deadline_) {
    const std::string limit = join_text({options_.handshake_timeout_ms, " ms"});
    if (state_ == ConnectionState::kBackingOff) {
      connect(now);
    } else if (state_ == ConnectionState::kConnecting) {
      abort(wire::kCloseNormal, {ErrorCode::kNotConnected, "no connection within " + limit}, now);
    } else if (state_ == ConnectionState::kHandshaking) {
      abort(wire::kCloseNormal, {ErrorCode::kHandshakeRefused, "the server did not answer hello within " + limit}, now);
    }
  } else if (now >= silent_at_) {
    abort(wire::kCloseNormal,
          {ErrorCode::kConnectionLost,
           join_text({"nothing came from the server for ", options_.pong_timeout_ms, " ms after a ping"})},
          now);
  } else if (now >= next_ping_) {
    next_ping_ = now + ms(options_.ping_interval_ms);
    if (ping_pending_) return;
    ping_pending_ = true;
    ping_sent_ = now;
    silent_at_ = now + ms(options_.pong_timeout_ms);
    outbox_.push(wire::Ping{++ping_value_});
  }
}

void Link::on(const wire::Welcome& welcome, Instant now) {
  if (state_ != ConnectionState::kHandshaking) {
    return abort(wire::kCloseProtocolError, {ErrorCode::kUnexpectedMessage, "the server sent a second welcome"}, now);
  }
  if (welcome.protocol < wire::kOldestProtocolVersion || welcome.protocol > wire::kProtocolVersion) {
    return give_up({ErrorCode::kProtocolVersionMismatch,
                    join_text({"the server chose protocol ", welcome.protocol, ", this client speaks ",
                               wire::kOldestProtocolVersion, " to ", wire::kProtocolVersion})});
  }
  if (welcome.bundle != options_.bundle || welcome.bundle_version != options_.bundle_version) {
    return abort(wire::kCloseNormal,
                 {ErrorCode::kBundleVersionMismatch,
                  join_text({"this client holds bundle '", options_.bundle, "' version '", options_.bundle_version,
                             "', the server answers for ", wire::quoted(welcome.bundle), " version ",
                             wire::quoted(welcome.bundle_version)})},
                 now);
  }
  const wire::Limits& limits = welcome.limits;
  if (limits.max_message_bytes == 0 || limits.max_in_flight == 0 || limits.max_budget_ms == 0) {
    return abort(wire::kCloseProtocolError, {ErrorCode::kMalformedMessage, "the server's welcome has a limit of 0"},
                 now);
  }
  limits_ = limits;
  features_ = welcome.features & options_.features;
  encodings_.clear();
  for (const wire::Encoding encoding : welcome.encodings) {
    if (wire::is_known(encoding)) encodings_.add(encoding);
  }
  model_inputs_ = welcome.inputs;
  if (encodings_.empty()) {
    return give_up({ErrorCode::kUnsupportedEncoding, "the server accepts no payload encoding that this client knows"});
  }
  handshake_time_ = now - hello_sent_;
  deadline_ = kNever;
  if (options_.ping_interval_ms != 0) next_ping_ = now + ms(options_.ping_interval_ms);
  enter(ConnectionState::kReady);
}

void Link::on(const wire::Ping& ping, Instant now) {
  if (now < next_pong_) return;  // a flood of pings must not become a flood of messages that wait for a slow socket
  next_pong_ = now + kPongSpacing;
  outbox_.push(wire::Pong{ping.value});
}

void Link::on(const wire::Pong& pong, Instant now) {
  if (!ping_pending_ || pong.value != ping_value_) return;
  ping_pending_ = false;
  silent_at_ = kNever;
  round_trip_time_ = now - ping_sent_;
  proven();
}

void Link::on(const wire::Goodbye& goodbye, Instant now) { drain(goodbye.reconnect_after_ms, now); }

void Link::on_connection_error(const wire::ErrorMessage& error, Instant now) {
  last_error_ = {error.code, error.message};
  if (state_ != ConnectionState::kHandshaking) return;  // the server says why it may close; the close itself follows
  if (is_final(error.code)) return give_up(last_error_);
  reconnect_hint_ = hint(error.retry_after_ms);
  abort(wire::kCloseNormal, last_error_, now);
}

void Link::abort(std::uint16_t code, Error why, Instant now) {
  events_.push(CloseWanted{code});
  back_off(std::move(why), now);
}

void Link::drain(std::uint32_t reconnect_after_ms, Instant now) {
  if (!draining_) lost_at_ = now;
  draining_ = true;
  last_error_ = {ErrorCode::kShuttingDown, "the server is draining"};
  reconnect_hint_ = hint(reconnect_after_ms);
}

void Link::back_off(Error why, Instant now) {
  outbox_.clear();
  next_ping_ = kNever;
  silent_at_ = kNever;
  last_error_ = why;
  if (state_ == ConnectionState::kReady && !draining_) lost_at_ = now;
  const Duration delay = std::max(backoff_.next(), reconnect_hint_);
  deadline_ = now + delay;
  enter(ConnectionState::kBackingOff, std::move(why),
        static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::milliseconds>(delay).count()));
}

void Link::give_up(Error why) {
  events_.push(CloseWanted{wire::kCloseNormal});
  outbox_.clear();
  last_error_ = why;
  terminal_ = why;
  enter(ConnectionState::kStopped, std::move(why));
}

void Link::enter(ConnectionState state, std::optional<Error> why, std::uint32_t retry_in_ms) {
  state_ = state;
  tried_ = tried_ || (state != ConnectionState::kConnecting && state != ConnectionState::kHandshaking);
  if (state == ConnectionState::kStopped) deadline_ = next_ping_ = silent_at_ = kNever;
  if (state == ConnectionState::kStopped || state == ConnectionState::kReady) lost_at_.reset();
  events_.push(StateChanged{state, std::move(why), retry_in_ms});
}

// A server's advice, not above the longest back-off: advice must not keep a client away for ever.
Duration Link::hint(std::uint32_t milliseconds) const { return ms(std::min(milliseconds, options_.backoff_max_ms)); }

Instant Link::next_deadline() const { return std::min({deadline_, next_ping_, silent_at_}); }

}  // namespace sluice::pipeline
