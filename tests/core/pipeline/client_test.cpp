// What happens to frames in a client.
#include "core/pipeline/client.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>

#include "tests/core/pipeline/client_peer.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace std::chrono_literals;
using Peer = sluice::pipeline::testing::ClientPeer;

TEST_CASE("a skipped frame is answered at once, with the reason and the gate's cost") {
  Peer peer({}, [] { return Verdict{AnswerKind::kSkipped, {}, 0.03F, 0.21F, {}}; });
  const InputId id = peer.offer();
  const auto answer = peer.expect<Answered>().answer;
  CHECK(answer.input == id);
  CHECK(answer.kind == AnswerKind::kSkipped);
  CHECK(answer.reason == "skip score 0.030 < threshold 0.210 (may err on 10 %)");
  CHECK(answer.score == 0.03F);
  CHECK(answer.threshold == 0.21F);
  CHECK(answer.outputs.empty());
  CHECK(answer.cost.gate == 250us);
  CHECK(peer.client.next_deadline() == kNever);
  peer.quiet();
}

// Networks that questions share run once for a number.
TEST_CASE("the number of a refused input is never used again") {
  class Recorder final : public Question {
   public:
    std::string_view name() const override { return "recorder"; }
    Result<Verdict> ask(const AskContext& context) override {
      ids.push_back(context.id);
      return Verdict{};
    }
    float set_error_budget(float) override { return 0; }
    std::vector<InputId> ids;
  };
  auto recorder = std::make_unique<Recorder>();
  const Recorder& seen = *recorder;
  bool refuse = true;
  std::vector<std::unique_ptr<Question>> questions;
  questions.push_back(std::move(recorder));
  questions.push_back(std::make_unique<sluice::pipeline::testing::ScriptedGate>([&]() -> Result<Verdict> {
    if (std::exchange(refuse, false)) return fail(ErrorCode::kInvalidInput, "too long");
    return Verdict{};
  }));
  ClientOptions options;
  options.place = ModelPlace::kLocal;
  Client client(Peer::faces(), std::move(questions), options, nullptr);
  const Peer peer;
  CHECK_FALSE(client.offer(peer.image, Instant{}).has_value());
  const auto taken = client.offer(peer.image, Instant{});
  REQUIRE(taken.has_value());
  REQUIRE(seen.ids.size() == 2);
  CHECK(seen.ids[0] != seen.ids[1]);
  CHECK(*taken == seen.ids[1]);
}

TEST_CASE("an input for which the place allows no route fails at once and says so") {
  Manifest manifest = Peer::faces();
  manifest.routes = {{"remote", ""}};
  ClientOptions options;
  options.place = ModelPlace::kLocal;
  Client client(manifest, {}, options, nullptr);
  const Peer peer;
  REQUIRE(client.offer(peer.image, Instant{}).has_value());
  const auto event = client.next_event();
  REQUIRE(event.has_value());
  const auto* failed = std::get_if<InputFailed>(&*event);
  REQUIRE(failed != nullptr);
  CHECK(failed->failed.error.code == ErrorCode::kInvalidArgument);
  CHECK(failed->failed.error.message.find("none of the routes") != std::string::npos);
}

TEST_CASE("a gate that fails lets the frame pass; a picture that is none is refused") {
  Peer failing({}, [] { return fail(ErrorCode::kExecutionFailed, "not a number"); });
  failing.ready();
  const auto [id, request] = failing.send();
  failing.say(wire::Answer{request.id, {}, {}});
  CHECK(failing.expect<Answered>().answer.reason == "skip failed, execution_failed: not a number");

  Peer picky({}, [] { return fail(ErrorCode::kInvalidImage, "0 x 0"); });
  const auto refused = picky.client.offer(picky.image, picky.now);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kInvalidImage);
  picky.quiet();
}

TEST_CASE("a request says which agreement it accepts, and the answer which variant gave it") {
  ClientOptions options;
  options.least_agreement = 0.9F;
  Peer peer(options);
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  peer.client.connected(peer.now);
  peer.hear<wire::Hello>();
  peer.pass(30ms);
  peer.say(peer.welcome());
  const auto [id, request] = peer.send();
  CHECK(request.least_agreement == 0.9F);
  CHECK(request.return_time == 30ms);  // what the handshake took
  wire::Answer answer;
  answer.request_id = request.id;
  answer.variant = "int8";
  answer.agreement = 0.97F;
  peer.say(answer);
  CHECK(peer.expect<Answered>().answer.variant == "int8");
  // The next one is the model's own.
  const auto [next, second] = peer.send();
  peer.say(wire::Answer{second.id, {}, {}});
  CHECK(peer.expect<Answered>().answer.variant.empty());

  Peer strict;
  strict.ready();
  const auto own = strict.send().second;
  CHECK(own.least_agreement == 0);
  CHECK(own.return_time == 0ms);
}

TEST_CASE("how long the model took keeps nothing back that a variant may answer in time") {
  ClientOptions options;
  options.budget_ms = 100;
  options.least_agreement = 0.85F;
  const auto sends_after_a_slow_answer = [&](std::vector<ModelVariant> variants) {
    Manifest manifest = Peer::faces();
    manifest.variants = std::move(variants);
    Peer peer(options, nullptr, manifest);
    peer.ready();
    const wire::Request request = peer.send().second;
    peer.pass(90ms);
    wire::Answer answer{request.id, {}, {}};
    answer.cost.compute = 89ms;
    peer.say(answer);
    peer.expect<Answered>();
    peer.offer();
    return peer.next().has_value();
  };
  CHECK(sends_after_a_slow_answer({{"small", "model", 0.9F, {}}}));
  CHECK_FALSE(sends_after_a_slow_answer({{"tiny", "model", 0.8F, {}}}));  // which is not accepted
  CHECK_FALSE(sends_after_a_slow_answer({}));
}

TEST_CASE("the budget runs from the offer and what remains goes on the wire") {
  Peer peer;
  peer.ready();
  const InputId id = peer.offer();
  peer.wanted();
  peer.pass(300ms);
  peer.submit(id, wire::Encoding::kJpeg, as_bytes("jpeg"), 1ms);
  CHECK(peer.hear<wire::Request>().budget == 1000ms);  // 1700 ms remain; the server grants 1000
  peer.pass(1000ms);
  const auto [second, request] = peer.send();
  CHECK(request.budget == 1000ms);
  CHECK(peer.client.next_deadline() == Instant{} + 2000ms);
  peer.pass(700ms - 1us);
  peer.quiet();
  peer.pass(1us);
  CHECK(peer.expect_failed(id, ErrorCode::kDeadlineExpired).message == "the budget of 2000 ms is used up");
  CHECK(peer.hear<wire::Cancel>().request_id == 1);
  peer.say(wire::Answer{1, {}, {}});  // too late, and never shown
  peer.quiet();
  CHECK(peer.client.in_flight() == 1);
  peer.say(wire::Answer{request.id, {}, {}});
  CHECK(peer.expect<Answered>().answer.input == second);
}

TEST_CASE("slots are the smaller of both limits; a newer frame replaces the one that waits") {
  Peer peer;
  peer.ready();
  const auto [first, request] = peer.send();
  peer.send();
  const InputId third = peer.offer();
  peer.quiet();
  CHECK(peer.client.in_flight() == 2);
  CHECK(peer.client.waiting() == 1);
  const InputId fourth = peer.offer();
  peer.expect_failed(third, ErrorCode::kSuperseded);
  peer.say(wire::Answer{request.id, {}, {}});
  CHECK(peer.expect<Answered>().answer.input == first);
  CHECK(peer.wanted().input == fourth);
}

TEST_CASE("with kKeepAll frames wait in their order, up to max_waiting") {
  ClientOptions options;
  options.queue = QueuePolicy::kKeepAll;
  options.max_waiting = 3;
  options.max_in_flight = 1;
  Peer peer(options);
  peer.ready();
  auto sent = peer.send();
  for (int i = 0; i < 3; ++i) peer.offer();
  const auto refused = peer.client.offer(peer.image, peer.now);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kTooManyInFlight);
  for (InputId id = sent.first; id < sent.first + 4; ++id) {
    peer.say(wire::Answer{id, {}, {}});
    CHECK(peer.expect<Answered>().answer.input == id);
    if (id == sent.first + 3) break;
    CHECK(peer.wanted().input == id + 1);
    peer.submit(id + 1, wire::Encoding::kJpeg, as_bytes("jpeg"), 0us);
    peer.hear<wire::Request>();
  }
}

TEST_CASE("of a bundle whose pictures must not lose anything, no encoding that does is asked for") {
  Manifest manifest = Peer::faces();
  manifest.model.payload.lossless = true;
  Peer peer({}, nullptr, manifest);
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  peer.client.connected(peer.now);
  peer.hear<wire::Hello>();
  wire::Welcome offered = peer.welcome();
  offered.encodings = {wire::Encoding::kWebp, wire::Encoding::kJpeg, wire::Encoding::kPng, wire::Encoding::kRgb8};
  peer.say(offered);
  peer.offer();
  const RunWanted wanted = peer.expect<RunWanted>();
  const auto& encode = std::get<Encode>(wanted.work);
  const std::vector<wire::Encoding> asked(encode.encodings.view().begin(), encode.encodings.view().end());
  CHECK(asked == std::vector{wire::Encoding::kPng, wire::Encoding::kRgb8});

  // Of a picture three times as wide as the model takes it nothing is lost that would show.
  Peer other({}, nullptr, manifest);
  other.ready();
  input::ImageView wide = other.image;
  wide.width = 12;
  REQUIRE(other.client.offer(wide, other.now));
  CHECK(std::get<Encode>(other.expect<RunWanted>().work).encodings.contains(wire::Encoding::kJpeg));
}

TEST_CASE("payloads that cannot be sent fail their frame alone") {
  ClientOptions options;
  options.max_in_flight = 1;
  Peer peer(options);
  peer.ready();
  const auto submit = [&](wire::Encoding encoding, std::string_view payload, ErrorCode code) {
    const InputId id = peer.offer();
    peer.wanted();
    peer.submit(id, encoding, as_bytes(payload), 0us);
    const Error error = peer.expect_failed(id, code);
    peer.quiet();
    return error.message;
  };
  CHECK(submit(wire::Encoding::kPng, "png", ErrorCode::kUnsupportedEncoding) ==
        "png is not accepted by the server; accepted: jpeg, tensor");
  submit(wire::Encoding::kJpeg, std::string(1U << 20U, 'x'), ErrorCode::kMessageTooLarge);
  CHECK(submit(wire::Encoding::kTensor, "1234", ErrorCode::kShapeMismatch) ==
        "a tensor payload of 4 bytes; the model's input is float32 [1, 3, 2, 4]");
  const InputId id = peer.offer();
  peer.wanted();
  peer.fail(id, {ErrorCode::kInvalidImage, "no encoder"});
  peer.expect_failed(id, ErrorCode::kInvalidImage);

  const InputId good = peer.offer();
  peer.wanted();
  const std::array<float, 24> values{};
  peer.submit(good, wire::Encoding::kTensor, std::as_bytes(std::span(values)), 0us);
  const auto request = peer.hear<wire::Request>();
  REQUIRE(request.tensors.size() == 1);
  CHECK(request.tensors[0].tensor.shape == Shape{1, 3, 2, 4});
}

TEST_CASE("what is submitted for a frame that is not waited for is ignored") {
  Peer peer;
  peer.ready();
  const auto [id, request] = peer.send();
  peer.submit(id, wire::Encoding::kJpeg, as_bytes("again"), 0us);
  peer.fail(id, {ErrorCode::kInternal, ""});
  peer.submit(id, std::vector<OutputTensor>{}, 0us);
  peer.fail(id, {ErrorCode::kInternal, ""});
  peer.submit(99, wire::Encoding::kJpeg, {}, 0us);
  peer.client.cancel(99, peer.now);
  peer.quiet();
  CHECK(peer.client.in_flight() == 1);
}

TEST_CASE("cancel takes back what was not sent and tells the server about what was") {
  Peer peer;
  peer.ready();
  const auto [sent, request] = peer.send();
  peer.client.cancel(sent, peer.now);
  peer.expect_failed(sent, ErrorCode::kCancelled);
  CHECK(peer.hear<wire::Cancel>().request_id == request.id);
  peer.say(wire::ErrorMessage{request.id, ErrorCode::kCancelled, "cancelled", 0});
  peer.quiet();

  const InputId queued = peer.offer();
  peer.wanted();
  peer.submit(queued, wire::Encoding::kJpeg, as_bytes("jpeg"), 0us);
  peer.client.cancel(queued, peer.now);
  peer.expect_failed(queued, ErrorCode::kCancelled);
  peer.quiet();

  const InputId unheard = peer.offer();  // its RunWanted was not fetched: it need not be done
  peer.client.cancel(unheard, peer.now);
  peer.expect_failed(unheard, ErrorCode::kCancelled);
  peer.quiet();
}

TEST_CASE("overload, or a token's rate, pauses sending for the stated time, keeps the frame, and keeps the socket") {
  for (const ErrorCode code : {ErrorCode::kOverloaded, ErrorCode::kRateLimited}) {
    Peer peer;
    peer.ready();
    const auto [id, request] = peer.send();
    peer.say(wire::ErrorMessage{request.id, code, "full", 200});
    peer.quiet();
    CHECK(peer.client.waiting() == 1);
    CHECK(peer.client.next_deadline() == peer.now + 200ms);
    peer.pass(199ms);
    peer.quiet();
    peer.pass(1ms);
    CHECK(peer.wanted().input == id);
    peer.submit(id, wire::Encoding::kJpeg, as_bytes("jpeg"), 0us);
    CHECK(peer.hear<wire::Request>().id == request.id + 1);

    peer.say(wire::ErrorMessage{request.id + 1, ErrorCode::kTooManyInFlight, "2 in flight", 5000});
    CHECK(peer.expect_failed(id, ErrorCode::kTooManyInFlight).message == "2 in flight");  // it cannot wait that long
    CHECK(peer.client.state() == ConnectionState::kReady);
  }
}

TEST_CASE("other errors of the server end their frame with the server's words") {
  Peer peer;
  peer.ready();
  const auto [id, request] = peer.send();
  const auto [other, next] = peer.send();
  peer.say(wire::ErrorMessage{request.id, ErrorCode::kMalformedPayload, "not a JPEG", 0});
  CHECK(peer.expect_failed(id, ErrorCode::kMalformedPayload).message == "not a JPEG");
  peer.say(wire::ErrorMessage{next.id, static_cast<ErrorCode>(9999), "new trouble", 0});
  CHECK(peer.expect_failed(other, ErrorCode::kInternal).message ==
        "the server failed with code 9999, unknown here: new trouble");
}

TEST_CASE("one slow reply does not keep a client that can compute here off the server for good") {
  ClientOptions options;
  options.place = ModelPlace::kRemoteElseLocal;
  options.budget_ms = 500;
  Peer peer(options);
  const std::string payload(10'000, 'j');
  peer.ready();
  const auto runs_here = [&] {
    const InputId id = peer.offer();
    const RunWanted wanted = peer.wanted();
    const bool here = std::holds_alternative<RunStage>(wanted.work);
    here ? peer.submit(id, std::vector<OutputTensor>{}, 0us)
         : peer.submit(id, wire::Encoding::kJpeg, as_bytes(payload), 0us);
    if (!here) {
      const auto request = peer.hear<wire::Request>();
      peer.pass(10ms);
      peer.say(wire::Answer{request.id, {}, {}});
    }
    CHECK(peer.expect<Answered>().answer.input == id);
    return here;
  };
  const InputId slow = peer.offer();
  CHECK(peer.wanted().input == slow);
  peer.submit(slow, wire::Encoding::kJpeg, as_bytes(payload), 0us);
  const auto request = peer.hear<wire::Request>();
  peer.pass(490ms);
  peer.say(wire::Answer{request.id, {}, {}});
  CHECK(peer.expect<Answered>().answer.input == slow);

  CHECK(runs_here());
  peer.pass(2s);
  CHECK(runs_here());
  peer.pass(4s);
  CHECK_FALSE(runs_here());  // tried, and found to be fast
  CHECK_FALSE(runs_here());
}

TEST_CASE("this device answers while there is no connection, one frame at a time") {
  ClientOptions options;
  options.place = ModelPlace::kRemoteElseLocal;
  options.queue = QueuePolicy::kKeepAll;
  Peer peer(options);
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  const InputId first = peer.offer();
  const InputId second = peer.offer();
  CHECK(peer.wanted().input == first);
  peer.quiet();
  std::vector<OutputTensor> outputs;
  outputs.push_back({"boxes", *Tensor::create(DataType::kFloat32, {0, 15})});
  peer.submit(first, std::move(outputs), 70ms);
  const auto answer = peer.expect<Answered>().answer;
  CHECK(answer.kind == AnswerKind::kLocal);
  CHECK(answer.cost.local_compute == 70ms);
  CHECK(answer.outputs.size() == 1);
  CHECK(peer.wanted().input == second);
  peer.fail(second, {ErrorCode::kEngineUnavailable, "no engine"});
  peer.expect_failed(second, ErrorCode::kEngineUnavailable);
  peer.client.connected(peer.now);
  peer.hear<wire::Hello>();
  peer.say(peer.welcome());
  const auto [remote, request] = peer.send();
  peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
  CHECK(peer.wanted().input == remote);
}

TEST_CASE("an answer that the bundle's decoder does not give fails its frame and names the tensor") {
  Manifest manifest = Peer::faces();
  manifest.model.output.decoder = "retinaface";
  const std::array<float, 15> numbers{};
  const std::array<std::int64_t, 15> integers{};
  const wire::NamedTensor good{"detections", *view_of(std::span<const float>(numbers), {1, 15})};
  const wire::NamedTensor narrow{"detections", *view_of(std::span<const float>(numbers), {3, 5})};
  const wire::NamedTensor whole{"detections", *view_of(std::span<const std::int64_t>(integers), {1, 15})};
  const wire::NamedTensor other{"scores", good.tensor};
  Peer peer({}, nullptr, manifest);
  peer.ready();
  for (const auto& outputs :
       {std::vector{narrow}, std::vector{whole}, std::vector{other}, std::vector<wire::NamedTensor>{}}) {
    const auto [id, request] = peer.send();
    peer.say(wire::Answer{request.id, outputs, {}});
    const Error error = peer.expect_failed(id, ErrorCode::kMalformedMessage);
    CHECK(error.message.find("detections") != std::string::npos);
  }
  const auto [id, request] = peer.send();
  peer.say(wire::Answer{request.id, {other, good}, {}});
  CHECK(peer.expect<Answered>().answer.outputs.size() == 2);
  CHECK(peer.client.state() == ConnectionState::kReady);
}

TEST_CASE("a server's times are not believed beyond the time that the request was away") {
  Peer peer;
  peer.ready();
  const auto [id, request] = peer.send();
  peer.pass(40ms);
  peer.say(wire::Answer{request.id, {}, {10ms, 1h, 200h}});
  const Cost cost = peer.expect<Answered>().answer.cost;
  CHECK(cost.round_trip == 40ms);
  CHECK(cost.server_queue == 10ms);
  CHECK(cost.server_decode == 40ms);
  CHECK(cost.server_compute == 40ms);
  // What the flow control learned from it keeps no later frame from being sent.
  peer.pass(10ms);
  CHECK(peer.send().second.id == request.id + 1);
}

TEST_CASE("limits on frames in flight hold up to the largest number") {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  for (const std::uint32_t most : {kMost, kMost - 1}) {
    ClientOptions options;
    options.max_in_flight = most;
    Peer peer(options);
    peer.client.start(peer.now);
    peer.expect<ConnectWanted>();
    peer.client.connected(peer.now);
    peer.hear<wire::Hello>();
    wire::Welcome welcome = peer.welcome();
    welcome.limits.max_in_flight = most;
    peer.say(welcome);
    for (int i = 0; i < 3; ++i) {  // while the first are on the way and count on top
      peer.send();
      peer.pass(10ms);
    }
    CHECK(peer.client.in_flight() == 3);
  }
}
