#include "core/pipeline/session.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>

#include "core/wire/codec.hpp"
#include "tests/core/pipeline/session_peer.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;
using namespace std::chrono_literals;

TEST_CASE("the welcome states limits, encodings and versions") {
  SessionPeer peer;
  CHECK_FALSE(peer.session.handshaken());
  CHECK(peer.session.bundle() == nullptr);
  peer.say(wire::Hello{1, 7, "test", "faces", "1"});
  const auto welcome = peer.hear<wire::Welcome>();
  CHECK(welcome.protocol == 1);
  CHECK(welcome.bundle == "faces");
  CHECK(welcome.bundle_version == "1");
  CHECK(welcome.limits.max_in_flight == 2);
  CHECK(welcome.limits.max_budget_ms == 1000);
  CHECK(welcome.limits.max_message_bytes == 8U << 20U);
  CHECK(welcome.encodings == std::vector{wire::Encoding::kJpeg});
  CHECK(welcome.inputs == std::vector<std::string>{"data"});
  CHECK(peer.session.handshaken());
  peer.silent();
}

TEST_CASE("each bundle has its own inputs and encodings") {
  SessionPeer peer;
  peer.say(wire::Hello{1, 1, "test", "words", "2"});
  const auto welcome = peer.hear<wire::Welcome>();
  CHECK(welcome.encodings == std::vector{wire::Encoding::kUtf8, wire::Encoding::kTensor});
  CHECK(welcome.inputs == std::vector<std::string>{"text", "mask"});
  peer.request(1, 500ms, wire::Encoding::kJpeg);
  CHECK(peer.hear_error(1, ErrorCode::kUnsupportedEncoding).message ==
        "encoding 3 (jpeg) is not accepted; accepted: utf8, tensor");
  peer.request(2, 500ms, wire::Encoding::kUtf8);
  CHECK(peer.event<RequestAccepted>().bundle->name == "words");
  peer.silent();
}

TEST_CASE("a refused handshake says both versions and closes") {
  {
    SessionPeer peer;
    peer.say(wire::Hello{2, 4, "test", "faces", "1"});
    CHECK(peer.hear_error(0, ErrorCode::kProtocolVersionMismatch).message ==
          "the client speaks protocol 2 to 4, the server 1");
    peer.expect_closed(1008);
  }
  {
    SessionPeer peer;
    peer.say(wire::Hello{0, 0, "test", "faces", "1"});
    peer.hear_error(0, ErrorCode::kProtocolVersionMismatch);
    peer.expect_closed(1008);
  }
  {
    SessionPeer peer;
    peer.say(wire::Hello{1, 1, "test", "faces", "0.9"});
    CHECK(peer.hear_error(0, ErrorCode::kBundleVersionMismatch).message ==
          "the client holds version '0.9' of bundle 'faces', the server version '1'");
    peer.expect_closed(1008);
  }
  {
    SessionPeer peer;
    peer.say(wire::Hello{1, 1, "test", "cats\n", "1"});
    CHECK(peer.hear_error(0, ErrorCode::kUnknownBundle).message ==
          "no bundle 'cats?' here; served: faces, words, halves");
    peer.expect_closed(1008);
  }
  {
    SessionPeer peer;
    peer.request(1);
    peer.hear_error(0, ErrorCode::kUnexpectedMessage);
    peer.expect_closed(1002);
  }
  {
    SessionPeer peer;
    peer.session.receive("GET / HTTP/1.1", peer.now);
    peer.hear_error(0, ErrorCode::kMalformedMessage);
    peer.expect_closed(1002);
  }
}

TEST_CASE("a handshake that does not come is refused on time") {
  SessionPeer peer;
  CHECK(peer.session.next_deadline() == peer.now + 5000ms);
  peer.say(wire::Ping{1});  // talk does not put it off
  peer.hear<wire::Pong>();
  peer.now += 4999ms;
  peer.session.tick(peer.now);
  peer.silent();
  peer.now += 1ms;
  peer.session.tick(peer.now);
  peer.hear_error(0, ErrorCode::kHandshakeRefused);
  peer.expect_closed(1008);
}

TEST_CASE("requests are answered in whatever order they complete") {
  SessionPeer peer;
  peer.greet();
  peer.request(5);
  peer.request(9);
  const auto first = peer.event<RequestAccepted>();
  const auto second = peer.event<RequestAccepted>();
  CHECK(first.bundle->name == "faces");
  CHECK(as_text(first.request.payload) == "jpeg");
  CHECK(peer.session.in_flight() == 2);
  CHECK(peer.session.complete(second.id, {}, {}, AnswerKind::kRemote, peer.now));
  CHECK(peer.hear<wire::Answer>().request_id == 9);
  CHECK(peer.session.reject(first.id, {ErrorCode::kOverloaded, "the queue is full"}, 40, peer.now));
  CHECK(peer.hear_error(5, ErrorCode::kOverloaded).retry_after_ms == 40);
  CHECK(peer.session.in_flight() == 0);
  CHECK_FALSE(peer.session.complete(5, {}, {}, AnswerKind::kRemote, peer.now));
  CHECK_FALSE(peer.session.reject(77, {ErrorCode::kOverloaded, ""}, 0, peer.now));
  peer.silent();
}

TEST_CASE("a bad request fails alone") {
  SessionPeer peer;
  peer.greet();
  peer.request(10);
  peer.event<RequestAccepted>();

  peer.request(10);
  CHECK(peer.hear_error(10, ErrorCode::kDuplicateRequestId).message == "request id 10 after 10; ids must grow");
  peer.request(3);
  peer.hear_error(3, ErrorCode::kDuplicateRequestId);
  peer.request(11, 500ms, wire::Encoding::kWebp);
  CHECK(peer.hear_error(11, ErrorCode::kUnsupportedEncoding).message ==
        "encoding 5 (webp) is not accepted; accepted: jpeg");
  peer.request(12, 0ms);
  peer.hear_error(12, ErrorCode::kDeadlineExpired);
  peer.request(0);
  peer.hear_error(0, ErrorCode::kMalformedMessage);
  peer.request(13);
  peer.event<RequestAccepted>();
  peer.request(14);
  peer.hear_error(14, ErrorCode::kTooManyInFlight);
  peer.silent();

  CHECK(peer.session.complete(10, {}, {}, AnswerKind::kRemote, peer.now));
  CHECK(peer.hear<wire::Answer>().request_id == 10);
  peer.request(15);  // the slot is free again
  CHECK(peer.event<RequestAccepted>().id == 15);
}

TEST_CASE("what does not decode is answered with the request's id where it can be read") {
  SessionPeer peer;
  peer.greet();
  wire::Request broken{6, 500ms, wire::Encoding::kTensor, 0, 0, {}, {}};
  const std::array<float, 2> values{};
  broken.tensors.push_back({"x", {DataType::kFloat32, {3}, std::as_bytes(std::span(values))}});
  peer.say(broken);
  CHECK(peer.hear_error(6, ErrorCode::kMalformedMessage).message ==
        "tensor 'x' of shape [3] and type float32 has 8 bytes instead of 12");
  peer.silent();
}

TEST_CASE("a peer that talks nonsense is closed, not at its first word") {
  SessionPeer peer;
  peer.greet();
  peer.request(1);
  peer.event<RequestAccepted>();
  for (int i = 0; i < 8; ++i) {
    peer.session.receive("nonsense", peer.now);
    peer.hear_error(0, ErrorCode::kMalformedMessage);
    peer.silent();
  }
  peer.say(wire::Welcome{});
  peer.hear_error(0, ErrorCode::kUnexpectedMessage);
  CHECK(peer.event<RequestAbandoned>().reason == ErrorCode::kConnectionLost);
  peer.expect_closed(1002);
}

TEST_CASE("budgets are counted from the arrival, within the server's limit, and expire on time") {
  SessionPeer peer;
  peer.greet();
  peer.now += 1s;
  peer.request(1, 300ms);
  peer.request(2, 60s);
  CHECK(peer.event<RequestAccepted>().deadline == peer.now + 300ms);
  CHECK(peer.event<RequestAccepted>().deadline == peer.now + 1000ms);
  CHECK(peer.session.next_deadline() == peer.now + 300ms);
  peer.now += 300ms - 1us;
  peer.session.tick(peer.now);
  peer.silent();
  peer.now += 1us;
  // The model is done at this very moment: too late, whoever is asked first.
  CHECK_FALSE(peer.session.complete(1, {}, {}, AnswerKind::kRemote, peer.now));
  const auto abandoned = peer.event<RequestAbandoned>();
  CHECK(abandoned.id == 1);
  CHECK(abandoned.reason == ErrorCode::kDeadlineExpired);
  peer.hear_error(1, ErrorCode::kDeadlineExpired);
  CHECK(peer.session.next_deadline() == peer.now + 700ms);
  CHECK(peer.session.in_flight() == 1);
}

TEST_CASE("cancel frees the slot and is answered; for what is not in flight it means nothing") {
  SessionPeer peer;
  peer.greet();
  peer.request(1);
  peer.event<RequestAccepted>();
  peer.say(wire::Cancel{1});
  CHECK(peer.event<RequestAbandoned>().reason == ErrorCode::kCancelled);
  peer.hear_error(1, ErrorCode::kCancelled);
  CHECK(peer.session.in_flight() == 0);
  peer.say(wire::Cancel{1});
  peer.say(wire::Cancel{99});
  peer.silent();
}

TEST_CASE("an answer above the message limit becomes an error") {
  auto options = SessionPeer::options();
  options.max_message_bytes = 1000;
  SessionPeer peer(options);
  peer.greet();
  peer.request(1);
  peer.event<RequestAccepted>();
  std::vector<OutputTensor> outputs;
  outputs.push_back({"large", *Tensor::create(DataType::kFloat32, {300})});
  CHECK(peer.session.complete(1, outputs, {}, AnswerKind::kRemote, peer.now));
  peer.hear_error(1, ErrorCode::kMessageTooLarge);
  peer.say(wire::Request{2, 1s, wire::Encoding::kJpeg, {1, 1, 0}, as_bytes(std::string(1000, 'x')), {}});
  peer.hear_error(0, ErrorCode::kMessageTooLarge);
  peer.expect_closed(1009);
}

TEST_CASE("a reader that does not read is closed once max_unsent_bytes wait") {
  auto options = SessionPeer::options();
  options.max_unsent_bytes = 5000;
  SessionPeer peer(options);
  peer.greet();
  std::vector<OutputTensor> outputs;
  outputs.push_back({"answer", *Tensor::create(DataType::kUint8, {900})});
  std::size_t taken = 0;
  std::uint64_t id = 1;
  for (; id < 100; ++id) {
    peer.request(id);
    auto event = peer.session.next_event();
    REQUIRE(event.has_value());
    if (std::holds_alternative<CloseRequested>(*event)) break;
    CHECK(peer.session.complete(id, outputs, {}, AnswerKind::kRemote, peer.now));
    // Half of them wait in the session, half in a socket that does not report them as sent.
    if (id % 2 == 0) taken += peer.session.next_message()->size();
    if (peer.session.next_deadline() == kNever) break;
  }
  CHECK(id == 6);
  CHECK(taken > 900);
  CHECK(peer.event<CloseRequested>().reason.find("max_unsent_bytes is 5000") != std::string::npos);
  peer.silent();  // what waited is gone
}

TEST_CASE("many small messages that nobody reads count for what they take") {
  auto options = SessionPeer::options();
  options.max_unsent_bytes = 100'000;
  SessionPeer peer(options);
  peer.greet();
  std::size_t pongs = 0;
  while (pongs < 100'000 && peer.session.next_deadline() != kNever) {
    peer.say(wire::Ping{++pongs});
  }
  CHECK(pongs < 2000);
  CHECK(peer.event<CloseRequested>().reason.find("max_unsent_bytes is 100000") != std::string::npos);
}

TEST_CASE("a message larger than max_unsent_bytes goes out when nothing else waits") {
  auto options = SessionPeer::options();
  options.max_unsent_bytes = 100;
  SessionPeer peer(options);
  peer.greet();
  peer.request(1);
  peer.event<RequestAccepted>();
  std::vector<OutputTensor> outputs;
  outputs.push_back({"large", *Tensor::create(DataType::kUint8, {900})});
  CHECK(peer.session.complete(1, outputs, {}, AnswerKind::kRemote, peer.now));
  CHECK(peer.hear<wire::Answer>().request_id == 1);
}

TEST_CASE("a silent client is closed, a pinging one is not") {
  auto options = SessionPeer::options();
  options.idle_timeout_ms = 1000;
  SessionPeer peer(options);
  peer.greet();
  for (int i = 0; i < 5; ++i) {
    peer.now += 900ms;
    peer.session.tick(peer.now);
    peer.say(wire::Ping{7});
    CHECK(peer.hear<wire::Pong>().value == 7);
  }
  CHECK(peer.session.next_deadline() == peer.now + 1000ms);
  peer.now += 1000ms;
  peer.session.tick(peer.now);
  CHECK(peer.event<CloseRequested>().code == 1001);
}

TEST_CASE("a drain says goodbye, finishes what was accepted and refuses the rest") {
  SessionPeer peer;
  peer.greet();
  peer.request(1);
  peer.event<RequestAccepted>();
  peer.session.drain(3000, peer.now);
  CHECK(peer.hear<wire::Goodbye>().reconnect_after_ms == 3000);
  peer.request(2);
  CHECK(peer.hear_error(2, ErrorCode::kShuttingDown).retry_after_ms == 3000);
  peer.session.drain(3000, peer.now);
  peer.silent();
  CHECK(peer.session.complete(1, {}, {}, AnswerKind::kRemote, peer.now));
  CHECK(peer.hear<wire::Answer>().request_id == 1);
  peer.expect_closed(1012);
}

TEST_CASE("a drain without requests closes at once; before the handshake it says to come back") {
  SessionPeer idle;
  idle.greet();
  idle.session.drain(0, idle.now);
  idle.hear<wire::Goodbye>();
  idle.expect_closed(1001);

  SessionPeer early;
  early.session.drain(500, early.now);
  CHECK(early.hear_error(0, ErrorCode::kShuttingDown).retry_after_ms == 500);
  early.expect_closed(1012);
}

TEST_CASE("a drain ends when the last request expires") {
  SessionPeer peer;
  peer.greet();
  peer.request(1, 100ms);
  peer.event<RequestAccepted>();
  peer.session.drain(0, peer.now);
  peer.hear<wire::Goodbye>();
  peer.now += 100ms;
  peer.session.tick(peer.now);
  CHECK(peer.event<RequestAbandoned>().reason == ErrorCode::kDeadlineExpired);
  peer.hear_error(1, ErrorCode::kDeadlineExpired);
  peer.expect_closed(1001);
}

TEST_CASE("a refusal ends each request with the error, and then the connection") {
  SessionPeer peer;
  peer.greet();
  peer.request(1);
  peer.request(2);
  peer.event<RequestAccepted>();
  peer.event<RequestAccepted>();
  peer.session.refuse({ErrorCode::kUnauthenticated, "revoked"}, peer.now);
  for (const std::uint64_t id : {1, 2}) {
    const auto abandoned = peer.event<RequestAbandoned>();
    CHECK(abandoned.id == id);
    CHECK(abandoned.reason == ErrorCode::kUnauthenticated);
    CHECK(peer.hear_error(id, ErrorCode::kUnauthenticated).message == "revoked");
  }
  peer.hear_error(0, ErrorCode::kUnauthenticated);
  peer.expect_closed(1008);
  CHECK_FALSE(peer.session.reject(1, {ErrorCode::kInternal, "late"}, 0, peer.now));

  SessionPeer stranger;  // who has not said hello
  stranger.session.refuse({ErrorCode::kUnauthenticated, "no token"}, stranger.now);
  stranger.hear_error(0, ErrorCode::kUnauthenticated);
  stranger.expect_closed(1008);
}

TEST_CASE("when the connection is gone the requests are given up and nothing is said") {
  SessionPeer peer;
  peer.greet();
  peer.request(1);
  peer.event<RequestAccepted>();
  peer.say(wire::Ping{1});
  peer.session.disconnected(peer.now);
  CHECK(peer.event<RequestAbandoned>().reason == ErrorCode::kConnectionLost);
  CHECK_FALSE(peer.session.complete(1, {}, {}, AnswerKind::kRemote, peer.now));
  peer.session.drain(0, peer.now);
  peer.session.tick(peer.now + 1h);
  peer.silent();
  CHECK(peer.session.next_deadline() == kNever);
}

TEST_CASE("ten thousand random messages leave a session within its bounds") {
  std::mt19937 random(11);
  for (int round = 0; round < 100; ++round) {
    auto options = SessionPeer::options();
    options.max_unsent_bytes = 2000;
    SessionPeer peer(options);
    if (round % 2 == 0) peer.greet();
    for (int i = 0; i < 100; ++i) {
      std::string noise(random() % 40, '\0');
      for (char& c : noise) c = static_cast<char>(random());
      if (!noise.empty()) noise[0] = static_cast<char>((1 + random() % 9) << 3 | 2);
      if (noise.size() > 1) noise[1] = static_cast<char>(noise.size() - 2);
      peer.session.receive(noise, peer.now);
      CHECK(peer.session.in_flight() <= 2);
      peer.now += 1ms;
    }
    std::size_t waiting = 0;
    while (auto message = peer.session.next_message()) waiting += message->size();
    CHECK(waiting <= 2000);
  }
}
