// How a client treats its connection.
#include "core/pipeline/client.hpp"

#include <doctest/doctest.h>

#include "tests/core/pipeline/client_peer.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace std::chrono_literals;
using Peer = sluice::pipeline::testing::ClientPeer;

TEST_CASE("hello says who asks for what") {
  ClientOptions options;
  options.client_name = "test/1";
  Peer peer(options);
  peer.client.start(peer.now);
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  peer.quiet();
  CHECK(peer.client.state() == ConnectionState::kConnecting);
  peer.client.connected(peer.now);
  const auto hello = peer.hear<wire::Hello>();
  CHECK(hello.client == "test/1");
  CHECK(hello.bundle == "faces");
  CHECK(hello.bundle_version == "1");
  CHECK(hello.oldest_protocol == 1);
  CHECK(hello.newest_protocol == 1);
}

TEST_CASE("a broken connection: back-off, and the frame goes out again under a new id") {
  ClientOptions options;
  options.budget_ms = 60'000;
  Peer peer(options);
  peer.ready();
  const auto [id, request] = peer.send();
  peer.client.disconnected({ErrorCode::kConnectionLost, "reset by peer"}, peer.now);
  peer.quiet();
  CHECK(peer.state.state == ConnectionState::kBackingOff);
  CHECK(peer.state.why->message == "reset by peer");
  CHECK(peer.state.retry_in_ms >= 200);
  CHECK(peer.state.retry_in_ms <= 300);
  CHECK(peer.client.waiting() == 1);
  peer.now = peer.client.next_deadline();
  peer.client.tick(peer.now);
  peer.expect<ConnectWanted>();
  peer.client.connected(peer.now);
  peer.hear<wire::Hello>();
  peer.say(peer.welcome());
  CHECK(peer.wanted().input == id);
  peer.submit(id, wire::Encoding::kJpeg, as_bytes("jpeg"), 0us);
  const auto again = peer.hear<wire::Request>();
  CHECK(again.id > request.id);
  peer.say(wire::Answer{again.id, {}, {}});
  const auto answer = peer.expect<Answered>().answer;
  CHECK(answer.input == id);
  CHECK(answer.cost.bytes_up > 2 * 4);
}

TEST_CASE("delays double up to the longest and start over once a connection has proved useful") {
  ClientOptions options;
  options.backoff_first_ms = 100;
  options.backoff_max_ms = 1000;
  Peer peer(options);
  peer.client.start(peer.now);
  double expected = 100;
  for (int attempt = 0; attempt < 8; ++attempt) {
    peer.expect<ConnectWanted>();
    peer.client.disconnected({ErrorCode::kNotConnected, "refused"}, peer.now);
    peer.quiet();
    CHECK(peer.state.retry_in_ms >= static_cast<std::uint32_t>(expected * 0.8));
    CHECK(peer.state.retry_in_ms <= static_cast<std::uint32_t>(expected * 1.2) + 1);
    expected = std::min(expected * 2, 1000.0);
    peer.now = peer.client.next_deadline();
    peer.client.tick(peer.now);
  }
  peer.expect<ConnectWanted>();
  peer.client.connected(peer.now);
  peer.hear<wire::Hello>();
  peer.say(peer.welcome());
  const auto [id, request] = peer.send();
  peer.say(wire::Answer{request.id, {}, {}});
  peer.expect<Answered>();
  peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
  peer.quiet();
  CHECK(peer.state.retry_in_ms <= 120);
}

TEST_CASE("connecting and the handshake have a time-out; a stale connection's news is ignored") {
  Peer peer;
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  peer.pass(5000ms);
  peer.expect<CloseWanted>();
  peer.quiet();
  CHECK(peer.state.why->message == "no connection within 5000 ms");
  peer.client.connected(peer.now);
  peer.client.disconnected({ErrorCode::kConnectionLost, "late"}, peer.now);
  peer.say(peer.welcome());
  peer.quiet();
  CHECK(peer.client.state() == ConnectionState::kBackingOff);
  peer.now = peer.client.next_deadline();
  peer.client.tick(peer.now);
  peer.expect<ConnectWanted>();
  peer.client.connected(peer.now);
  peer.hear<wire::Hello>();
  peer.pass(5000ms);
  peer.expect<CloseWanted>();
  peer.quiet();
  CHECK(peer.state.why->code == ErrorCode::kHandshakeRefused);
}

TEST_CASE("pings measure the round trip and find a connection that is half open") {
  Peer peer;
  peer.ready();
  CHECK_FALSE(peer.client.round_trip_time().has_value());
  peer.pass(10s);
  const auto ping = peer.hear<wire::Ping>();
  peer.pass(35ms);
  peer.say(wire::Pong{ping.value + 1});  // not ours
  CHECK_FALSE(peer.client.round_trip_time().has_value());
  peer.say(wire::Pong{ping.value});
  CHECK(peer.client.round_trip_time() == 35ms);
  peer.now = peer.client.next_deadline();
  peer.client.tick(peer.now);
  peer.hear<wire::Ping>();
  peer.pass(4999ms);
  peer.say(wire::Ping{5});  // whatever comes shows that it lives
  CHECK(peer.hear<wire::Pong>().value == 5);
  peer.pass(4999ms);
  CHECK(peer.client.state() == ConnectionState::kReady);
  peer.pass(1ms);
  peer.expect<CloseWanted>();
  peer.quiet();
  CHECK(peer.state.why->code == ErrorCode::kConnectionLost);
  CHECK(peer.client.state() == ConnectionState::kBackingOff);
}

TEST_CASE("a flood of pings is not a flood of pongs") {
  Peer peer;
  peer.ready();
  for (int i = 0; i < 10'000; ++i) peer.say(wire::Ping{1});
  peer.hear<wire::Pong>();
  peer.quiet();
}

TEST_CASE("goodbye: nothing new is sent, answers still count, and the client returns after the hint") {
  ClientOptions options;
  options.budget_ms = 30'000;
  Peer peer(options);
  peer.ready();
  const auto [id, request] = peer.send();
  peer.say(wire::Goodbye{ErrorCode::kShuttingDown, 4000});
  const InputId late = peer.offer();
  peer.quiet();
  peer.say(wire::Answer{request.id, {}, {}});
  CHECK(peer.expect<Answered>().answer.input == id);
  CHECK(peer.expect<CloseWanted>().code == 1000);
  peer.quiet();
  CHECK(peer.state.why->code == ErrorCode::kShuttingDown);
  CHECK(peer.state.retry_in_ms == 4000);
  peer.now = peer.client.next_deadline();
  peer.client.tick(peer.now);
  peer.expect<ConnectWanted>();
  peer.client.connected(peer.now);
  peer.hear<wire::Hello>();
  peer.say(peer.welcome());
  CHECK(peer.wanted().input == late);
}

TEST_CASE("a refusal for now is retried after the hint; advice has an upper bound") {
  for (const std::uint32_t advised : {3000U, 0xFFFFFFFFU}) {
    Peer peer;
    peer.client.start(peer.now);
    peer.expect<ConnectWanted>();
    peer.client.connected(peer.now);
    peer.hear<wire::Hello>();
    peer.say(wire::ErrorMessage{0, ErrorCode::kTooManyConnections, "64 connections", advised});
    peer.expect<CloseWanted>();
    peer.quiet();
    CHECK(peer.state.state == ConnectionState::kBackingOff);
    CHECK(peer.state.retry_in_ms == std::min(advised, 15'000U));
  }
}

TEST_CASE(
    "a server with another version of the bundle is asked again, and what waits ends by its budget, with the reason") {
  Peer peer;
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  const InputId early = peer.offer();
  peer.client.connected(peer.now);
  peer.hear<wire::Hello>();
  peer.say(wire::ErrorMessage{0, ErrorCode::kBundleVersionMismatch, "both versions", 0});
  peer.expect<CloseWanted>();
  peer.quiet();
  CHECK(peer.state.state == ConnectionState::kBackingOff);
  CHECK(peer.state.why->code == ErrorCode::kBundleVersionMismatch);
  peer.pass(std::chrono::milliseconds(peer.state.retry_in_ms));
  peer.expect<ConnectWanted>();
  peer.pass(2s);
  const Error why = peer.expect_failed(early, ErrorCode::kNotConnected);
  CHECK_MESSAGE(why.message.find("bundle_version_mismatch: both versions") != std::string::npos, why.message);
}

TEST_CASE("a final refusal ends the attempts and fails what waits, with the reason") {
  for (const ErrorCode code :
       {ErrorCode::kProtocolVersionMismatch, ErrorCode::kUnknownBundle, ErrorCode::kUnauthenticated}) {
    Peer peer;
    peer.client.start(peer.now);
    peer.expect<ConnectWanted>();
    const InputId early = peer.offer();
    peer.client.connected(peer.now);
    peer.hear<wire::Hello>();
    peer.say(wire::ErrorMessage{0, code, "both versions", 0});
    peer.expect<CloseWanted>();
    CHECK(peer.expect_failed(early, code).message == "both versions");
    CHECK(peer.state.state == ConnectionState::kStopped);
    peer.expect_failed(peer.offer(), code);
    CHECK(peer.client.next_deadline() == kNever);
    peer.client.start(peer.now);
    peer.quiet();
  }
}

TEST_CASE("a welcome that does not fit is not accepted") {
  struct Case {
    std::function<void(wire::Welcome&)> change;
    ErrorCode code;
    ConnectionState state;
  };
  const Case cases[] = {
      {[](auto& w) { w.protocol = 2; }, ErrorCode::kProtocolVersionMismatch, ConnectionState::kStopped},
      {[](auto& w) { w.bundle_version = "2"; }, ErrorCode::kBundleVersionMismatch, ConnectionState::kBackingOff},
      {[](auto& w) { w.bundle = "cats"; }, ErrorCode::kBundleVersionMismatch, ConnectionState::kBackingOff},
      {[](auto& w) { w.encodings = {static_cast<wire::Encoding>(77)}; }, ErrorCode::kUnsupportedEncoding,
       ConnectionState::kStopped},
      {[](auto& w) { w.limits.max_in_flight = 0; }, ErrorCode::kMalformedMessage, ConnectionState::kBackingOff},
      {[](auto& w) { w.limits.max_message_bytes = 0; }, ErrorCode::kMalformedMessage, ConnectionState::kBackingOff},
  };
  for (const Case& one : cases) {
    Peer peer;
    peer.client.start(peer.now);
    peer.expect<ConnectWanted>();
    peer.client.connected(peer.now);
    peer.hear<wire::Hello>();
    wire::Welcome welcome = peer.welcome();
    one.change(welcome);
    peer.say(welcome);
    peer.expect<CloseWanted>();
    peer.quiet();
    CHECK(peer.state.state == one.state);
    CHECK(peer.state.why->code == one.code);
  }
}

TEST_CASE("a server that breaks the protocol is left, and its frames are sent again elsewhere") {
  const wire::Message wrong[] = {wire::Hello{},           wire::Cancel{1},
                                 wire::Request{},         wire::Answer{99, {}, {}},
                                 wire::Answer{0, {}, {}}, wire::ErrorMessage{99, ErrorCode::kInternal, "", 0},
                                 Peer().welcome()};
  for (const wire::Message& message : wrong) {
    CAPTURE(message.index());
    Peer peer;
    peer.ready();
    peer.send();
    peer.say(message);
    CHECK(peer.expect<CloseWanted>().code == 1002);
    peer.quiet();
    CHECK(peer.state.why->code == ErrorCode::kUnexpectedMessage);
    CHECK(peer.client.waiting() == 1);
  }
  Peer peer;
  peer.ready();
  peer.client.receive(as_bytes("garbage"), peer.now);
  CHECK(peer.expect<CloseWanted>().code == 1002);
  peer.quiet();
  CHECK(peer.state.why->code == ErrorCode::kMalformedMessage);
}

TEST_CASE("stop ends every frame and everything else") {
  Peer peer;
  peer.ready();
  const auto [sent, request] = peer.send();
  const InputId encoding = peer.offer();
  const InputId waiting = peer.offer();
  peer.client.stop(peer.now);
  peer.expect_failed(sent, ErrorCode::kCancelled);
  peer.expect_failed(encoding, ErrorCode::kCancelled);
  peer.expect_failed(waiting, ErrorCode::kCancelled);
  CHECK(peer.expect<CloseWanted>().code == 1000);
  peer.quiet();
  CHECK(peer.state.state == ConnectionState::kStopped);
  peer.client.stop(peer.now);
  peer.client.start(peer.now);
  peer.say(wire::Answer{request.id, {}, {}});
  peer.client.disconnected({ErrorCode::kConnectionLost, "x"}, peer.now);
  peer.pass(1h);
  peer.quiet();
  CHECK(peer.client.next_deadline() == kNever);
  CHECK(peer.client.offer(peer.image, peer.now).error().code == ErrorCode::kDisposed);

  Peer unconnected;
  unconnected.client.start(unconnected.now);
  unconnected.client.stop(unconnected.now);  // the driver has not heard of the connection yet
  unconnected.quiet();
}
