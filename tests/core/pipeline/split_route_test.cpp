// The split route against a server that is spoken by hand: what is sent, what is put together, and what answers when not all goes well.
#include "core/pipeline/split_route.hpp"

#include <doctest/doctest.h>

#include "tests/core/pipeline/split_peer.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;

TEST_CASE(
    "features go to the remote half, and its answer is put to the guess by the share for the channels that came") {
  SplitPeer peer;
  peer.connect();
  const InputId id = peer.guess();
  const auto request = peer.hear<wire::Request>();
  CHECK(request.encoding == wire::Encoding::kSplit);
  CHECK(request.payload.size() == 10);
  CHECK(std::to_integer<int>(request.payload[9]) == 9);
  peer.answer(request.id, 2);
  const Answer answer = peer.answered(id);
  CHECK(answer.outputs.at(0).name == "logits");
  CHECK(answer.outputs[0].tensor.as<float>()[0] == 0.25F * 8);
  CHECK(answer.outputs[0].tensor.as<float>()[1] == 0.75F * 16);
  CHECK(answer.outputs.at(1).tensor.as<std::int32_t>()[0] == 2);
  CHECK(answer.reason == "from 2 channels of features");
  CHECK(answer.cost.local_compute == 1ms);
  CHECK(answer.cost.bytes_up > 10);
  peer.quiet();
  CHECK(peer.client.in_flight() == 0);
}

TEST_CASE(
    "as many channels go as the target takes: at a low one the guess alone answers, at one too high the picture goes") {
  SplitPeer peer;
  peer.connect();
  CHECK(peer.client.set_accuracy_target(0.8F) == doctest::Approx(0.8));
  peer.guess();
  CHECK(peer.hear<wire::Request>().payload.size() == 4);
  CHECK(peer.client.set_accuracy_target(0.7F) == doctest::Approx(0.7));
  peer.guessed(peer.guess());
  CHECK(peer.client.set_accuracy_target(0.95F) == doctest::Approx(1));
  CHECK(peer.whole_picture(peer.offer()).reason == "more is asked than the two halves keep");
}

TEST_CASE("a guess that keeps less than its own bundle asks for waits for the first connection, and the picture goes") {
  Manifest manifest = split_manifest();
  manifest.split->points = {{0.6F, 0}};  // and 0.9 is asked for
  SplitPeer peer({}, manifest);
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  const InputId id = peer.guess();
  peer.quiet();
  SUBCASE("that comes") {
    peer.finish_connecting();
    CHECK(peer.whole_picture(id).reason == "more is asked than the two halves keep");
  }
  SUBCASE("that does not come in time") {
    CHECK(peer.client.next_deadline() == peer.now + 1000ms);
    peer.pass(1000ms);
    peer.guessed(id);
  }
  SUBCASE("that is refused") {
    peer.client.disconnected({ErrorCode::kNotConnected, "refused"}, peer.now);
    CHECK(peer.answered(id).reason == "from 0 channels of features, nothing better came, not_connected: refused");
  }
  SUBCASE("unless less is asked for") {
    peer.client.set_accuracy_target(0.6F);
    peer.client.tick(peer.now);
    peer.guessed(id);
  }
}

TEST_CASE("without a server the guess answers at once, whatever was asked for, and says why") {
  SplitPeer peer;
  peer.client.set_accuracy_target(0.99F);
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  peer.client.disconnected({ErrorCode::kNotConnected, "refused"}, peer.now);
  for (int i = 0; i < 3; ++i) peer.guessed(peer.guess());
  const InputId id = peer.guess();
  CHECK(peer.answered(id).reason == "from 0 channels of features, nothing better came, not_connected: refused");
  peer.pass(300ms);  // it is being connected to again
  peer.expect<ConnectWanted>();
  peer.guessed(peer.guess());
}

TEST_CASE("a server that refuses for good is named in the reason of every guess, and that it is for good") {
  for (const wire::ErrorMessage& refusal :
       {wire::ErrorMessage{0, ErrorCode::kUnauthenticated, "no such token", 0},
        wire::ErrorMessage{0, ErrorCode::kUnknownBundle, "no bundle 'faces' is served", 0}}) {
    CAPTURE(refusal.message);
    SplitPeer peer;
    peer.client.start(peer.now);
    peer.expect<ConnectWanted>();
    const InputId held = peer.guess();  // while it is being connected to
    peer.client.connected(peer.now);
    peer.hear<wire::Hello>();
    peer.say(refusal);
    const std::string reason = "from 0 channels of features, nothing better came, " +
                               describe({refusal.code, refusal.message}) + "; that is final";
    peer.expect<CloseWanted>();
    CHECK(peer.answered(held).reason == reason);
    for (int i = 0; i < 2; ++i) {
      peer.pass(20'000ms);
      CHECK(peer.answered(peer.guess()).reason == reason);
    }
    CHECK(peer.client.state() == ConnectionState::kStopped);
  }
}

TEST_CASE("while a server drains, and after one was lost, the reason says which") {
  SplitPeer peer;
  peer.connect();
  SUBCASE("drains") {
    const InputId under_way = peer.guess();  // so that the connection stays
    peer.hear<wire::Request>();
    peer.say(wire::Goodbye{ErrorCode::kShuttingDown, 4000});
    const InputId id = peer.guess();
    CHECK(peer.answered(id).reason ==
          "from 0 channels of features, nothing better came, shutting_down: the server is draining");
    peer.answer(1, 3);
    peer.answered(under_way);
  }
  SUBCASE("was lost") {
    peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
    CHECK(peer.answered(peer.guess()).reason ==
          "from 0 channels of features, nothing better came, connection_lost: gone");
  }
}

TEST_CASE("the device half runs while the first connection is made, and what is to be sent waits for half a budget") {
  SplitPeer peer;
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  SUBCASE("it comes") {
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const InputId id = peer.offer();
    peer.wanted();
    peer.client.submit(peer.attempts[id], StageOutputs(SplitPeer::made({4, 7, 10}, 10), std::string(trace)), 1ms,
                       peer.now);
    const InputId behind = peer.offer();
    peer.quiet();  // one is held
    peer.pass(100ms);
    peer.finish_connecting();
    const auto request = peer.hear<wire::Request>();
    CHECK(request.payload.size() == 10);
    CHECK(request.traceparent == trace);
    CHECK(std::get<RunStage>(peer.wanted().work).part == "device");
    peer.answer(request.id, 3);
    CHECK(peer.answered(id).outputs.at(1).tensor.as<std::int32_t>()[0] == 3);
    peer.submit(behind, SplitPeer::made({4, 7, 10}, 10), 1ms);
    CHECK(peer.hear<wire::Request>().payload.size() == 10);
  }
  SUBCASE("it comes while the device half runs") {
    const InputId id = peer.offer();
    peer.wanted();
    peer.finish_connecting();
    CHECK(peer.client.next_message() == nullptr);
    peer.submit(id, SplitPeer::made({4, 7, 10}, 10), 1ms);
    CHECK(peer.hear<wire::Request>().payload.size() == 10);
  }
  SUBCASE("it comes, and does not take features") {
    const InputId id = peer.guess();
    peer.finish_connecting(false);
    CHECK(std::holds_alternative<Encode>(peer.wanted().work));
    peer.pass(2000ms);
    peer.guessed(id);
  }
  SUBCASE("it does not come") {
    peer.pass(400ms);
    const InputId id = peer.guess();
    peer.quiet();
    CHECK(peer.client.next_deadline() == peer.now + 600ms);
    peer.pass(600ms);
    peer.guessed(id);
    peer.guessed(peer.guess());
  }
  SUBCASE("it is refused") {
    const InputId id = peer.guess();
    peer.client.disconnected({ErrorCode::kNotConnected, "refused"}, peer.now);
    peer.guessed(id);
  }
  SUBCASE("who waits gives up") {
    const InputId id = peer.guess();
    peer.client.cancel(id, peer.now);
    peer.expect_failed(id, ErrorCode::kCancelled);
    peer.finish_connecting();
    peer.quiet();
    CHECK(peer.client.in_flight() == 0);
  }
  SUBCASE("nothing is to be sent") {
    peer.guessed(peer.guess({}, 0));  // as the input wishes
    peer.client.set_accuracy_target(0.7F);
    peer.guessed(peer.guess());
  }
}

TEST_CASE("a server may not pass its answer off as one of both halves") {
  SplitPeer peer;
  peer.connect(false);
  const InputId id = peer.offer();
  peer.wanted();
  peer.submit(id, wire::Encoding::kJpeg, as_bytes("jpeg"), 0us);
  wire::Answer reply;
  reply.request_id = peer.hear<wire::Request>().id;
  reply.how = static_cast<std::uint32_t>(AnswerKind::kSplit);
  peer.say(reply);
  CHECK(peer.answered(id).outputs.empty());
}

TEST_CASE("the full model, where it may run on this device, goes before the guess while there is no server") {
  ClientOptions options;
  options.place = ModelPlace::kRemoteElseLocal;
  SplitPeer peer(options);
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  peer.offer();
  CHECK(std::get<RunStage>(peer.wanted().work).part == "model");
  peer.client.connected(peer.now);
  peer.hear<wire::Hello>();
  wire::Welcome offered = peer.welcome();
  offered.encodings.insert(offered.encodings.begin(), wire::Encoding::kSplit);
  peer.say(offered);
  peer.offer();
  CHECK(std::get<RunStage>(peer.wanted().work).part == "device");
}

TEST_CASE("a driver that names the ends of fewer channels limits what is sent") {
  SplitPeer peer;
  peer.connect();
  peer.guess({4, 7}, 7);
  CHECK(peer.hear<wire::Request>().payload.size() == 7);
  const InputId id = peer.guess({}, 0);
  const Answer got = peer.answered(id);
  CHECK(got.reason == "from 0 channels of features");
  CHECK(got.outputs.at(1).tensor.as<std::int32_t>()[0] == 0);
}

TEST_CASE("a server that does not take features gets the picture, and the reason says so") {
  SplitPeer peer;
  peer.connect(false);
  CHECK(peer.whole_picture(peer.offer()).reason == "the server takes no features");
}

TEST_CASE("the guess answers when the deadline comes before the server, and a late answer is nobody's") {
  SplitPeer peer;
  peer.connect();
  const InputId id = peer.guess();
  const auto request = peer.hear<wire::Request>();
  peer.pass(2000ms);
  peer.guessed(id);
  CHECK(peer.hear<wire::Cancel>().request_id == request.id);
  peer.answer(request.id, 3);
  peer.quiet();
}

TEST_CASE("the link drops with features under way: the device half runs once more, and the guess answers") {
  SplitPeer peer;
  peer.connect();
  const InputId id = peer.guess();
  peer.hear<wire::Request>();
  peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
  CHECK(std::get<RunStage>(peer.wanted().work).part == "device");
  peer.submit(id, SplitPeer::made({4, 7, 10}, 10), 1ms);
  peer.guessed(id);
  CHECK(peer.client.in_flight() == 0);
}

TEST_CASE("the link drops while the device half runs") {
  SplitPeer peer;
  peer.connect();
  const InputId id = peer.offer();
  peer.wanted();
  peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
  peer.wanted();
  peer.submit(id, SplitPeer::made({4, 7, 10}, 10), 1ms);
  peer.guessed(id);
}

TEST_CASE("a server's error leaves the guess, and so does an answer that lies") {
  SplitPeer peer;
  peer.connect();
  InputId id = peer.guess();
  auto request = peer.hear<wire::Request>();
  peer.say(wire::ErrorMessage{request.id, ErrorCode::kMalformedPayload, "no features", 0});
  peer.guessed(id);
  for (const std::int32_t channels : {-1, 0, 4, 1'000'000}) {
    id = peer.guess();
    request = peer.hear<wire::Request>();
    peer.answer(request.id, channels);
    peer.guessed(id);
  }
  id = peer.guess();
  request = peer.hear<wire::Request>();
  peer.answer(request.id, 3, {1, 2, 3});
  peer.guessed(id);
  CHECK(peer.client.state() == ConnectionState::kReady);
}

TEST_CASE("an answer of more channels than the bytes sent may hold is refused, in whatever parts they went") {
  SplitPeer peer;
  peer.connect();
  peer.client.set_accuracy_target(0.8F);
  InputId id = peer.guess({400, 700, 1000}, 1000);
  auto request = peer.hear<wire::Request>();
  CHECK(request.payload.size() == 400);
  SUBCASE("all in one") {
    peer.answer(request.id, 2);
    const Answer got = peer.answered(id);
    CHECK(got.reason ==
          "from 0 channels of features, nothing better came, malformed_message: the remote half's answer is of 2 "
          "channels; sent were at most 1");
    CHECK(got.outputs[0].tensor.as<float>()[0] == 8);
  }
  SUBCASE("of a first part") {
    peer.client.set_accuracy_target(0.9F);
    peer.pass(400ms);
    peer.answer(request.id, 1);
    peer.answered(id);
    id = peer.guess({600, 1200, 1800}, 1800);
    REQUIRE(peer.client.next_message() != nullptr);  // the first part alone, not yet on the network
    peer.answer(2, 2);
    peer.guessed(id);
  }
}

TEST_CASE("channels that need next to no bytes of their own may come with the one before them") {
  SplitPeer peer;
  peer.connect();
  peer.client.set_accuracy_target(0.8F);
  const InputId id = peer.guess({400, 400, 405}, 405);
  const auto request = peer.hear<wire::Request>();
  CHECK(request.payload.size() == 400);
  peer.answer(request.id, 3);
  CHECK(peer.answered(id).outputs.at(1).tensor.as<std::int32_t>()[0] == 3);
}

TEST_CASE("logits that are not finite answer nothing: the server's leave the guess, the guess's own are an error") {
  const float infinite = std::numeric_limits<float>::infinity();
  SplitPeer peer;
  peer.connect();
  for (const float bad : {infinite, -infinite, std::numeric_limits<float>::quiet_NaN()}) {
    InputId id = peer.guess();
    peer.answer(peer.hear<wire::Request>().id, 3, {0, bad});
    const Answer got = peer.answered(id);
    CHECK(got.outputs[0].tensor.as<float>()[0] == 8);
    CHECK(got.outputs[1].tensor.as<std::int32_t>()[0] == 0);
    CHECK(got.reason.find("malformed_message: the remote half's answer has a value that is not finite") !=
          std::string::npos);
    id = peer.offer();
    peer.wanted();
    auto outputs = SplitPeer::made({4, 7, 10}, 10);
    outputs[0].tensor.as<float>()[1] = bad;
    peer.submit(id, std::move(outputs), 1ms);
    CHECK(peer.expect_failed(id, ErrorCode::kInvalidArgument).message ==
          "the device half gave a guess with a value that is not finite");
  }
}

TEST_CASE("on a link too thin for all channels as many go as come in time") {
  SplitPeer peer;
  peer.connect();
  const InputId first = peer.guess({400, 700, 1000}, 1000);
  const auto request = peer.hear<wire::Request>();
  peer.pass(1000ms);  // about a thousand bytes a second
  peer.answer(request.id, 3);
  peer.answered(first);
  peer.guess({300, 9000, 20000}, 20000);
  CHECK(peer.hear<wire::Request>().payload.size() == 300);
}

TEST_CASE("what the device half may not give is named, and costs its input alone") {
  SplitPeer peer;
  peer.connect();
  for (auto& broken : {SplitPeer::made({4, 7, 11}, 10), SplitPeer::made({4, 3, 10}, 10),
                       SplitPeer::made({4, 7, 8, 10}, 10), std::vector<OutputTensor>()}) {
    const InputId id = peer.offer();
    peer.wanted();
    std::vector<OutputTensor> outputs;
    for (const OutputTensor& one : broken) outputs.push_back({one.name, *Tensor::copy_of(one.tensor.view())});
    peer.submit(id, std::move(outputs), 1ms);
    const Error error = peer.expect_failed(id, ErrorCode::kInvalidArgument);
    CHECK(error.message.find("device half") != std::string::npos);
  }
  const InputId id = peer.offer();
  peer.wanted();
  peer.submit(id, wire::Encoding::kJpeg, as_bytes("jpeg"), 0us);
  peer.expect_failed(id, ErrorCode::kInvalidArgument);
  peer.guess();
  peer.hear<wire::Request>();
}

TEST_CASE("the caller's trace goes with the features") {
  SplitPeer peer;
  peer.connect();
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const InputId id = peer.offer();
  peer.wanted();
  peer.client.submit(peer.attempts[id], StageOutputs(SplitPeer::made({4, 7, 10}, 10), trace), 1ms, peer.now);
  CHECK(peer.hear<wire::Request>().traceparent == trace);
}
