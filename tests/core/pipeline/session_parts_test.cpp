// Payloads that come in parts, as the session sees them: what it lets through, what ends a request, what it leaves alone.
#include <doctest/doctest.h>

#include "core/wire/close_code.hpp"
#include "core/wire/codec.hpp"
#include "tests/core/pipeline/session_peer.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;
using namespace std::chrono_literals;

namespace {

constexpr wire::Features kOldFeatures = wire::kFeatureAnswerKinds;

struct PartsPeer : SessionPeer {
  explicit PartsPeer(wire::Features features = wire::kFeatures) {
    wire::Hello hello{1, 1, "test", "halves", "3"};
    hello.features = features;
    say(hello);
    CHECK(hear<wire::Welcome>().features == (features & ~wire::kFeatureSharedReuse));
  }

  void open(std::uint64_t id, std::string_view payload = "first", wire::Encoding encoding = wire::Encoding::kSplit) {
    wire::Request request{id, 500ms, encoding, {4, 4, 0}, as_bytes(payload), {}};
    request.parts_follow = true;
    say(request);
  }

  void part(std::uint64_t id, std::uint32_t number, std::string_view payload, bool last = false) {
    say(wire::Part{id, number, last, as_bytes(payload)});
  }

  // The request has ended by this error, and its driver knows.
  void ended(std::uint64_t id, ErrorCode code) {
    const auto abandoned = event<RequestAbandoned>();
    CHECK(abandoned.id == id);
    CHECK(abandoned.reason == code);
    hear_error(id, code);
  }
};

}  // namespace

TEST_CASE("parts in order are handed on, up to the last") {
  PartsPeer peer;
  peer.open(1);
  CHECK(peer.event<RequestAccepted>().request.parts_follow);
  peer.part(1, 1, "second");
  const auto second = peer.event<PartArrived>();
  CHECK(second.id == 1);
  CHECK_FALSE(second.last);
  CHECK(as_text(second.payload) == "second");
  peer.part(1, 2, "", true);
  CHECK(peer.event<PartArrived>().last);
  CHECK(peer.session.in_flight() == 1);
  CHECK(peer.session.complete(1, {}, {}, AnswerKind::kSplit, peer.now));
  peer.hear<wire::Answer>();
  peer.silent();
}

TEST_CASE("parts of several requests may come in between each other") {
  PartsPeer peer;
  peer.open(1);
  peer.open(2);
  peer.event<RequestAccepted>();
  peer.event<RequestAccepted>();
  peer.part(2, 1, "a");
  peer.part(1, 1, "b", true);
  peer.part(2, 2, "c", true);
  CHECK(peer.event<PartArrived>().id == 2);
  CHECK(peer.event<PartArrived>().id == 1);
  CHECK(peer.event<PartArrived>().id == 2);
  peer.open(3);  // an open payload counts as in flight
  peer.hear_error(3, ErrorCode::kTooManyInFlight);
  peer.silent();
}

TEST_CASE("a part out of turn, a second last one, or one of a payload that was whole ends its request alone") {
  for (const std::uint32_t number : {0U, 2U, 7U}) {
    PartsPeer peer;
    peer.open(1);
    peer.open(2);
    peer.event<RequestAccepted>();
    peer.event<RequestAccepted>();
    peer.part(1, number, "out of turn");
    peer.ended(1, ErrorCode::kUnexpectedMessage);
    peer.part(1, 1, "of a request that has ended");
    peer.silent();
    peer.part(2, 1, "undisturbed", true);
    CHECK(peer.event<PartArrived>().last);
    CHECK(peer.session.in_flight() == 1);
    peer.part(2, 2, "behind the last");
    peer.ended(2, ErrorCode::kUnexpectedMessage);
  }
  PartsPeer peer;
  peer.request(1, 500ms);
  peer.event<RequestAccepted>();
  peer.part(1, 1, "more");
  peer.ended(1, ErrorCode::kUnexpectedMessage);
}

TEST_CASE("parts of requests that were never made are refused, and several of them end the connection") {
  PartsPeer peer;
  peer.open(1);
  peer.event<RequestAccepted>();
  peer.part(0, 1, "of nothing");
  peer.hear_error(0, ErrorCode::kUnexpectedMessage);
  peer.part(2, 1, "of nothing yet");
  peer.hear_error(2, ErrorCode::kUnexpectedMessage);
  CHECK(peer.session.in_flight() == 1);
  for (int i = 0; i < 7; ++i) peer.part(9, 1, "again");
  CHECK(peer.event<RequestAbandoned>().reason == ErrorCode::kConnectionLost);
  CHECK(peer.event<CloseRequested>().code == wire::kCloseProtocolError);
}

TEST_CASE("more bytes than features of the bundle ever have end the request") {
  PartsPeer peer;
  peer.open(1, "0123456789");
  peer.event<RequestAccepted>();
  peer.part(1, 1, "0123456789");
  CHECK_FALSE(peer.event<PartArrived>().last);
  peer.part(1, 2, "x");
  peer.ended(1, ErrorCode::kMessageTooLarge);
  peer.open(2, std::string(30, 'x'));  // is not held until more of it comes
  peer.hear_error(2, ErrorCode::kMessageTooLarge);
  peer.part(2, 1, "");  // nobody's
  peer.open(3, "0123456789");
  CHECK(peer.event<RequestAccepted>().id == 3);
}

TEST_CASE("what is late for a request that went ahead, expired or was cancelled is nobody's") {
  PartsPeer peer;
  peer.open(1);
  peer.event<RequestAccepted>();
  peer.session.close_parts(1);
  peer.part(1, 1, "late");
  peer.part(1, 5, "later", true);
  peer.silent();
  CHECK(peer.session.complete(1, {}, {}, AnswerKind::kSplit, peer.now));
  peer.hear<wire::Answer>();
  peer.open(2);
  peer.event<RequestAccepted>();
  peer.now += 500ms;
  peer.session.tick(peer.now);
  peer.ended(2, ErrorCode::kDeadlineExpired);
  peer.part(2, 1, "late");
  peer.open(3);
  peer.event<RequestAccepted>();
  peer.say(wire::Cancel{3});
  peer.ended(3, ErrorCode::kCancelled);
  peer.part(3, 1, "late");
  peer.silent();
}

TEST_CASE("a connection that drops takes its open payloads with it") {
  PartsPeer peer;
  peer.open(1);
  peer.event<RequestAccepted>();
  peer.session.disconnected(peer.now);
  CHECK(peer.event<RequestAbandoned>().id == 1);
  CHECK(peer.session.in_flight() == 0);
}

TEST_CASE("a drain waits for the parts of what was accepted") {
  PartsPeer peer;
  peer.open(1);
  peer.event<RequestAccepted>();
  peer.session.drain(100, peer.now);
  peer.hear<wire::Goodbye>();
  peer.part(1, 1, "more", true);
  CHECK(peer.event<PartArrived>().last);
  peer.session.complete(1, {}, {}, AnswerKind::kSplit, peer.now);
  peer.hear<wire::Answer>();
  CHECK(peer.event<CloseRequested>().code == wire::kCloseRestart);
}

TEST_CASE("without the feature a payload is whole, and other encodings have no parts") {
  PartsPeer old(kOldFeatures);
  old.open(1);
  CHECK_FALSE(old.event<RequestAccepted>().request.parts_follow);
  PartsPeer peer;
  peer.open(1, "jpeg", wire::Encoding::kJpeg);
  const auto error = peer.hear_error(1, ErrorCode::kUnsupportedEncoding);
  CHECK(error.message == "a payload in parts of encoding jpeg; in parts comes split");
  peer.silent();
}

TEST_CASE("a part that cannot be read ends its request, and nothing else") {
  PartsPeer peer;
  peer.open(1);
  peer.open(2);
  peer.event<RequestAccepted>();
  peer.event<RequestAccepted>();
  peer.session.receive(std::string("\x52\x08\x08\x01\x10\xFF\xFF\xFF\xFF\x7F", 10), peer.now);
  peer.ended(1, ErrorCode::kMalformedMessage);
  CHECK(peer.session.in_flight() == 1);
}
