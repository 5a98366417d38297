// What an older answer of the remote half does for guesses, where the client says that it may.
#include <doctest/doctest.h>

#include "core/pipeline/stale_answer.hpp"
#include "tests/core/pipeline/split_peer.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;

namespace {

constexpr std::uint32_t kMostAgeMs = 1000;

struct StalePeer : SplitPeer {
  explicit StalePeer(ClientOptions options = {})
      : SplitPeer(options, split_manifest(), std::chrono::milliseconds(options.stale_answer_ms)) {}
  static ClientOptions options(std::uint32_t budget_ms = 2000) {
    ClientOptions options;
    options.stale_answer_ms = kMostAgeMs;
    options.budget_ms = budget_ms;
    return options;
  }
};

// The guess {8, 0}, to which the remote half's {0, 16} about an older picture was put by the share for three channels.
void check_put(const Answer& answer) {
  CHECK(answer.outputs.at(0).tensor.as<float>()[0] == 0.125F * 8);
  CHECK(answer.outputs[0].tensor.as<float>()[1] == 0.875F * 16);
  CHECK(answer.outputs.at(1).tensor.as<std::int32_t>()[0] == 0);
}

}  // namespace

TEST_CASE("an older answer is put to a guess that answers alone, until it is too old") {
  StalePeer peer(StalePeer::options());
  peer.connect();
  InputId id = peer.guess();
  peer.pass(10ms);
  peer.answer(peer.hear<wire::Request>().id, 3);
  peer.answered(id);
  peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
  peer.pass(30ms);
  id = peer.guess();
  Answer got = peer.answered(id);
  check_put(got);
  CHECK(got.reason ==
        "from 0 channels of features, with the answer about a picture 40 ms before, nothing better came, "
        "connection_lost: gone");
  peer.pass(960ms);
  peer.expect<ConnectWanted>();
  check_put(peer.answered(peer.guess()));
  peer.now += 1ms;
  got = peer.answered(peer.guess());
  CHECK(got.outputs[0].tensor.as<float>()[0] == 8);
  CHECK(got.reason.find("before") == std::string::npos);
}

TEST_CASE("unless the client says so, guesses stand alone") {
  SplitPeer peer;
  peer.connect();
  const InputId id = peer.guess();
  peer.answer(peer.hear<wire::Request>().id, 3);
  peer.answered(id);
  peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
  peer.guessed(peer.guess());
}

TEST_CASE("where the guess alone is asked for, it stays alone") {
  StalePeer peer(StalePeer::options());
  peer.connect();
  const InputId id = peer.guess();
  peer.answer(peer.hear<wire::Request>().id, 3);
  peer.answered(id);
  peer.client.set_accuracy_target(0.7F);
  peer.guessed(peer.guess());
}

TEST_CASE("a request whose deadline comes is left to be answered, for the pictures behind it") {
  StalePeer peer(StalePeer::options(100));
  peer.connect();
  const InputId id = peer.guess();
  const auto request = peer.hear<wire::Request>();
  CHECK(request.budget == 1000ms);  // of use for longer than the picture waits, up to what the server allows
  peer.pass(100ms);
  peer.guessed(id);
  peer.quiet();  // it is not cancelled
  SUBCASE("it comes late") {
    peer.pass(50ms);
    peer.answer(request.id, 3);
    peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
    const Answer first = peer.answered(peer.guess());
    check_put(first);
    CHECK(first.cost.bytes_down > 0);  // its own picture was not charged with them
    const Answer second = peer.answered(peer.guess());
    check_put(second);
    CHECK(second.cost.bytes_down == 0);
  }
  SUBCASE("it lies: of more channels than were sent, or of another shape") {
    peer.answer(request.id, 4);
    peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
    peer.guessed(peer.guess());
  }
  SUBCASE("it has another shape") {
    peer.answer(request.id, 3, {1, 2, 3});
    peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
    peer.guessed(peer.guess());
  }
  SUBCASE("it never comes") {
    peer.pass(1000ms);
    CHECK(peer.hear<wire::Cancel>().request_id == request.id);
    peer.answer(request.id, 3);  // too late for anybody
    peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
    peer.guessed(peer.guess());
  }
  SUBCASE("the server fails") {
    peer.say(wire::ErrorMessage{request.id, ErrorCode::kMalformedPayload, "no features", 0});
    peer.pass(1000ms);
    peer.quiet();
  }
  SUBCASE("the connection goes first") {
    peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
    peer.guessed(peer.guess());
    peer.pass(2000ms);
    CHECK(peer.client.in_flight() == 0);
  }
}

TEST_CASE("a reason says by how many milliseconds the older answer is older") {
  CHECK(stale_ms_of("from 0 channels, " + stale_reason(320ms) + ", late") == 320U);
  CHECK_FALSE(stale_ms_of("from 12 channels of features"));
}

TEST_CASE("one request is left at a time: the next ones that are late are cancelled") {
  StalePeer peer(StalePeer::options(100));
  peer.connect();
  const InputId first = peer.guess();
  const auto left = peer.hear<wire::Request>();
  peer.pass(60ms);
  const InputId second = peer.guess();
  const auto request = peer.hear<wire::Request>();
  peer.pass(40ms);
  peer.guessed(first);
  peer.pass(60ms);
  peer.guessed(second);
  CHECK(peer.hear<wire::Cancel>().request_id == request.id);
  peer.answer(left.id, 3);
  peer.quiet();
}

TEST_CASE(
    "on a link too slow for a picture's own budget each is guessed at once, and one at a time goes for those behind "
    "it") {
  StalePeer peer(StalePeer::options(300));
  peer.connect();
  InputId id = peer.guess();  // nothing is known of the link
  auto request = peer.hear<wire::Request>();
  peer.pass(300ms);
  peer.guessed(id);
  peer.pass(200ms);
  peer.answer(request.id, 3);
  for (int turn = 0; turn < 3; ++turn) {
    CAPTURE(turn);
    id = peer.guess();
    check_put(peer.answered(id));  // at once, though the link would take half a second
    request = peer.hear<wire::Request>();
    peer.pass(40ms);
    check_put(peer.answered(peer.guess()));
    peer.quiet();
    peer.pass(460ms);
    peer.answer(request.id, 3);
  }
  CHECK(peer.client.in_flight() == 0);
}
