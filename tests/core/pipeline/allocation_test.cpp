// What a frame costs in allocations once everything is warm: those of its messages and its answer, and none for bookkeeping.
#include <doctest/doctest.h>

#include "tests/core/pipeline/client_peer.hpp"
#include "tests/counting_new.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;

TEST_CASE("a steady stream allocates a few times a frame, however long it runs") {
  ClientPeer peer({}, [] { return Verdict{std::nullopt, {}, 0.7F, 0.21F, {}}; });
  peer.ready();
  std::vector<std::size_t> of_frame;
  std::string reply;
  for (std::uint64_t n = 1; n <= 2000; ++n) {
    wire::encode(wire::Answer{n, {}, {}}, reply);
    const std::size_t before = sluice::test::allocation_count();
    const auto id = peer.client.offer(peer.image, peer.now);
    REQUIRE(id.has_value());
    AttemptId attempt = 0;
    while (auto event = peer.client.next_event()) {
      if (const auto* wanted = std::get_if<RunWanted>(&*event)) attempt = wanted->attempt;
    }
    peer.client.submit(attempt, Payload{wire::Encoding::kJpeg, as_bytes("jpeg")}, 0us, peer.now);
    const std::string* message = peer.client.next_message();
    REQUIRE(message != nullptr);
    peer.client.sent(message->size(), peer.now);
    peer.client.receive(as_bytes(reply), peer.now);
    bool answered = false;
    while (auto event = peer.client.next_event()) answered = answered || std::holds_alternative<Answered>(*event);
    REQUIRE(answered);
    of_frame.push_back(sluice::test::allocation_count() - before);
    peer.now += 1ms;
  }
  std::size_t most = 0;
  for (std::size_t i = 100; i < of_frame.size(); ++i) most = std::max(most, of_frame[i]);
  // The reason's text, grown piece by piece.
  CHECK(most <= 8);
}
