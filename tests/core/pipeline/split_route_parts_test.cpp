// Features in parts, over a link that may not carry them all in time.
#include "core/pipeline/split_route.hpp"

#include <doctest/doctest.h>

#include "tests/core/pipeline/split_peer.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;

TEST_CASE("features that may not all come in time go in parts, and the last one says so") {
  SplitPeer peer;
  peer.connect();
  peer.learn_rate();
  const InputId id = peer.guess({600, 1200, 1800}, 1800);
  const auto request = peer.hear<wire::Request>();
  CHECK(request.parts_follow);
  CHECK(request.payload.size() == 600);
  CHECK(request.budget < 1500ms);  // the server keeps of it what the way takes
  auto part = peer.hear<wire::Part>();
  CHECK(part.request_id == request.id);
  CHECK(part.number == 1);
  CHECK_FALSE(part.last);
  CHECK(part.payload.size() == 600);
  CHECK(std::to_integer<int>(part.payload[0]) == (600 & 255));
  part = peer.hear<wire::Part>();
  CHECK(part.number == 2);
  CHECK(part.last);
  CHECK(std::to_integer<int>(part.payload[0]) == (1200 & 255));
  CHECK(peer.client.next_message() == nullptr);
  peer.answer(request.id, 3);
  CHECK(peer.answered(id).cost.bytes_up > 1800);
  peer.quiet();
  CHECK(peer.client.in_flight() == 0);
}

TEST_CASE("a part waits until the one before it has left the socket, and no other input begins meanwhile") {
  SplitPeer peer;
  peer.connect();
  peer.learn_rate();
  const InputId id = peer.guess({600, 1200, 1800}, 1800);
  const std::string* first = peer.client.next_message();
  REQUIRE(first != nullptr);
  const std::size_t size = first->size();
  peer.pass(100ms);
  peer.offer();
  peer.quiet();
  peer.client.sent(size, peer.now);
  CHECK(peer.hear<wire::Part>().number == 1);
  CHECK_FALSE(peer.next().has_value());
  peer.answer(2, 3);
  peer.answered(id);
}

TEST_CASE("what cannot be in time any more is not sent, and the server is told not to wait for it") {
  SplitPeer peer;
  peer.connect();
  peer.learn_rate();
  peer.guess({600, 1200, 1800}, 1800);
  const std::string* first = peer.client.next_message();
  REQUIRE(first != nullptr);
  const std::size_t size = first->size();
  peer.pass(1000ms);  // the socket holds it
  CHECK(peer.client.next_message() == nullptr);
  CHECK(peer.client.next_deadline() < peer.now + 500ms);
  peer.pass(500ms);
  const std::string* word = peer.client.next_message();
  REQUIRE(word != nullptr);
  const std::string bytes = *word;
  const auto part = std::get<wire::Part>(*wire::decode(as_bytes(bytes)));
  CHECK(part.last);
  CHECK(part.payload.empty());
  peer.client.sent(size, peer.now);
  CHECK(peer.client.next_message() == nullptr);
}

TEST_CASE("a server that knows no parts gets in one message what comes in time") {
  SplitPeer peer;
  peer.features = wire::kFeatureAnswerKinds;
  peer.connect();
  peer.learn_rate();
  peer.guess({600, 1200, 1800}, 1800);
  const auto request = peer.hear<wire::Request>();
  CHECK_FALSE(request.parts_follow);
  CHECK(request.payload.size() == 1800);
  peer.quiet();
}

TEST_CASE("while nothing is known of the link, what even a thin one carries is all that goes") {
  SplitPeer peer;
  peer.connect();
  peer.guess({1000, 10'000, 30'000}, 30'000);
  const auto request = peer.hear<wire::Request>();
  CHECK_FALSE(request.parts_follow);
  CHECK(request.payload.size() == 10'000);
}

TEST_CASE("with parts to come, an answer, a server's error, a deadline and a drop each end the input") {
  for (const std::string how : {"answer", "error", "deadline", "drop"}) {
    CAPTURE(how);
    SplitPeer peer;
    peer.connect();
    peer.learn_rate();
    const InputId id = peer.guess({600, 1200, 1800}, 1800);
    REQUIRE(peer.client.next_message() != nullptr);  // taken, and not yet on the network
    if (how == "answer") {
      peer.answer(2, 1);
      CHECK(peer.answered(id).outputs.at(1).tensor.as<std::int32_t>()[0] == 1);
    } else if (how == "error") {
      peer.say(wire::ErrorMessage{2, ErrorCode::kUnexpectedMessage, "part 3 in the place of part 1", 0});
      peer.guessed(id);
    } else if (how == "deadline") {
      peer.pass(2000ms);
      peer.guessed(id);
      const std::string* word = peer.client.next_message();
      REQUIRE(word != nullptr);
      CHECK(std::holds_alternative<wire::Cancel>(*wire::decode(as_bytes(*word))));
    } else {
      peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
      peer.wanted();
      peer.submit(id, SplitPeer::made({4, 7, 10}, 10), 1ms);
      peer.guessed(id);
    }
    peer.quiet();
    CHECK(peer.client.in_flight() == 0);
    CHECK(peer.client.next_deadline() > peer.now);
  }
}
