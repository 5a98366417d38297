// The client's side of the connection itself: connecting, handshake, pings, back-off, and the errors that end it for good.
// Frames are not its business. It asks the driver for things through `events` and speaks through `outbox`, both borrowed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/pipeline/backoff.hpp"
#include "core/pipeline/client_events.hpp"
#include "core/pipeline/outbox.hpp"
#include "core/pipeline/ring_queue.hpp"

namespace sluice::pipeline {

struct LinkOptions {
  std::string client_name;
  std::string bundle;
  std::string bundle_version;
  wire::Features features = wire::kFeatures;
  std::uint32_t handshake_timeout_ms = 5000;
  std::uint32_t ping_interval_ms = 10'000;
  std::uint32_t pong_timeout_ms = 5000;
  std::uint32_t backoff_first_ms = 250;
  std::uint32_t backoff_max_ms = 15'000;
  std::uint64_t jitter_seed = 1;
};

class Link {
 public:
  Link(LinkOptions options, RingQueue<ClientEvent>& events, Outbox& outbox);

  void start(Instant now);
  void stop();

  void connected(Instant now);
  void disconnected(Error why, Instant now);
  void heard(Instant now);  // any message at all
  void tick(Instant now);

  void on(const wire::Welcome& welcome, Instant now);
  void on(const wire::Ping& ping, Instant now);
  void on(const wire::Pong& pong, Instant now);
  void on(const wire::Goodbye& goodbye, Instant now);
  void on_connection_error(const wire::ErrorMessage& error, Instant now);

  // The server broke the protocol, or is done with us: closes with `code` and comes back after the back-off.
  void abort(std::uint16_t code, Error why, Instant now);
  // The server drains: no new requests; comes back after `reconnect_after_ms`.
  void drain(std::uint32_t reconnect_after_ms, Instant now);
  // The connection has proved useful.
  void proven() { backoff_.reset(); }

  ConnectionState state() const { return state_; }
  bool serving() const { return state_ == ConnectionState::kReady && !draining_; }
  bool draining() const { return state_ == ConnectionState::kReady && draining_; }
  // Since when the first connection is being made; nullopt when it is not.
  std::optional<Instant> first_begun() const { return tried_ ? std::nullopt : begun_; }
  // Since when there is none after one that served, which went or drains; nullopt when there is one, or none ever served.
  std::optional<Instant> lost_at() const { return lost_at_; }
  bool open() const { return state_ == ConnectionState::kHandshaking || state_ == ConnectionState::kReady; }
  const std::optional<Error>& terminal() const { return terminal_; }
  const Error& last_error() const { return last_error_; }
  const wire::Limits& limits() const { return limits_; }
  bool has(wire::Features feature) const { return (features_ & feature) != 0; }
  const EncodingList& encodings() const { return encodings_; }
  const std::vector<std::string>& model_inputs() const { return model_inputs_; }
  std::optional<Duration> round_trip_time() const { return round_trip_time_; }
  Duration handshake_time() const { return handshake_time_; }  // from hello to welcome, of this connection or the last
  Instant next_deadline() const;

 private:
  void connect(Instant now);
  void back_off(Error why, Instant now);
  void give_up(Error why);
  void enter(ConnectionState state, std::optional<Error> why = std::nullopt, std::uint32_t retry_in_ms = 0);
  Duration hint(std::uint32_t milliseconds) const;

  const LinkOptions options_;
  RingQueue<ClientEvent>& events_;
  Outbox& outbox_;
  Backoff backoff_;

  ConnectionState state_ = ConnectionState::kIdle;
  std::optional<Instant> begun_;
  bool tried_ = false;  // there was a connection, or none was to be had
  std::optional<Instant> lost_at_;
  Instant deadline_ = kNever;  // of connecting, the handshake, or the back-off
  Instant next_ping_ = kNever;
  Instant silent_at_ = kNever;  // the connection is dead when nothing arrived by then
  Instant ping_sent_;
  Instant next_pong_ = Instant::min();
  std::uint64_t ping_value_ = 0;
  bool ping_pending_ = false;
  bool draining_ = false;
  Duration reconnect_hint_{0};
  std::optional<Error> terminal_;
  Error last_error_{ErrorCode::kNotConnected, "not connected yet"};
  wire::Limits limits_;
  wire::Features features_ = 0;  // agreed on
  EncodingList encodings_;
  std::vector<std::string> model_inputs_;
  std::optional<Duration> round_trip_time_;
  Instant hello_sent_;
  Duration handshake_time_{0};
};

}  // namespace sluice::pipeline
