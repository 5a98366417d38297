// The split route against a server that is spoken by hand: what is sent, what is put together, and what answers when not all goes well.
#include "core/pipeline/split_route.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "tests/core/pipeline/client_peer.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;

namespace {

Manifest split_manifest() {
  Manifest manifest = ClientPeer::faces();
  manifest.model.output.decoder = "none";
  manifest.agree_when.rule = "label";
  manifest.default_target = 0.9F;
  manifest.split = SplitSpec{"device", "remote", {}, {{0.7F, 0}, {0.8F, 1}, {0.9F, 3}}};
  return manifest;
}

// Shares of the guess with 0 to 3 channels.
std::vector<float> shares() { return {1, 0.5F, 0.25F, 0.125F}; }

template <typename T>
OutputTensor output(std::string name, std::vector<T> values, Shape shape) {
  return {std::move(name), *Tensor::copy_of(*view_of(std::span<const T>(values), shape))};
}

struct SplitPeer : ClientPeer {
  explicit SplitPeer(ClientOptions options = {}, const Manifest& manifest = split_manifest())
      : ClientPeer(options, nullptr, manifest, {[&manifest](RouteHost& host, RemoteRoute* remote) {
                     return std::make_unique<SplitRoute>(host, remote, *manifest.split, shares());
                   }}) {}

  void connect(bool takes_split = true) {
    client.start(now);
    expect<ConnectWanted>();
    finish_connecting(takes_split);
  }

  void finish_connecting(bool takes_split = true) {
    client.connected(now);
    hear<wire::Hello>();
    wire::Welcome offered = welcome();
    if (takes_split) offered.encodings.insert(offered.encodings.begin(), wire::Encoding::kSplit);
    offered.features = features;
    say(offered);
  }

  wire::Features features = wire::kFeatures;  // of the server

  // An input whose device half has run.
  InputId guess(std::vector<std::int32_t> ends = {4, 7, 10}, std::size_t bytes = 10) {
    const InputId id = offer();
    const RunWanted asked = wanted();
    CHECK(std::get<RunStage>(asked.work).part == "device");
    submit(id, made(std::move(ends), bytes), 1ms);
    return id;
  }

  // One request and its answer over a link of about a thousand bytes a second.
  void learn_rate() {
    const InputId id = guess({400, 700, 1000}, 1000);
    const auto request = hear<wire::Request>();
    pass(1000ms);
    answer(request.id, 3);
    answered(id);
  }

  static std::vector<OutputTensor> made(std::vector<std::int32_t> ends, std::size_t bytes) {
    std::vector<std::uint8_t> payload(bytes);
    for (std::size_t i = 0; i < bytes; ++i) payload[i] = static_cast<std::uint8_t>(i);
    const auto channels = static_cast<std::int64_t>(ends.size());
    std::vector<OutputTensor> outputs;
    outputs.push_back(output<float>("logits", {8, 0}, {1, 2}));
    outputs.push_back(output("features", std::move(payload), {static_cast<std::int64_t>(bytes)}));
    outputs.push_back(output("ends", std::move(ends), {channels}));
    return outputs;
  }

  void answer(std::uint64_t id, std::int32_t channels, std::vector<float> logits = {0, 16}) {
    const Shape shape{1, static_cast<std::int64_t>(logits.size())};
    const Shape one{1};
    wire::Answer reply;
    reply.request_id = id;
    reply.outputs = {{"out", *view_of(std::span<const float>(logits), shape)},
                     {"channels", *view_of(std::span<const std::int32_t>(&channels, 1), one)}};
    reply.how = static_cast<std::uint32_t>(AnswerKind::kSplit);
    say(reply);
  }

  Answer answered(InputId id) {
    Answer got = expect<Answered>().answer;
    CHECK(got.input == id);
    CHECK(got.kind == AnswerKind::kSplit);
    return got;
  }

  // The answer is the guess alone.
  void guessed(InputId id) {
    const Answer got = answered(id);
    CHECK(got.outputs.at(0).name == "logits");
    CHECK(got.outputs[0].tensor.as<float>()[0] == 8);
    CHECK(got.outputs.at(1).name == "channels");
    CHECK(got.outputs[1].tensor.as<std::int32_t>()[0] == 0);
  }
};

}  // namespace

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
  peer.offer();
  CHECK(std::holds_alternative<Encode>(peer.wanted().work));
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

TEST_CASE("a server that does not take features gets the picture") {
  SplitPeer peer;
  peer.connect(false);
  peer.offer();
  CHECK(std::holds_alternative<Encode>(peer.wanted().work));
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
