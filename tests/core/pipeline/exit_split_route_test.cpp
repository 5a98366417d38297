// The route by stages here and on a server that is spoken by hand: what is asked for, what goes out at the cut, and what answers when not all
// goes well.
#include "core/pipeline/exit_split_route.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "core/pipeline/decision_log.hpp"
#include "core/pipeline/decision_stage.hpp"
#include "tests/core/pipeline/client_peer.hpp"
#include "tests/core/pipeline/stage_driver.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;

namespace {

// Four exits, a cut at the second.
Manifest cut_manifest() {
  Manifest manifest = ClientPeer::faces();
  manifest.model.output.decoder = "none";
  manifest.agree_when.rule = "label";
  manifest.default_target = 0.9F;
  ExitsSpec spec{"exits",
                 exits::ExitRule::kMaxProbability,
                 {{"a", "exit_0"}, {"b", "exit_1"}, {"c", "exit_2"}, {"d", "exit_3"}},
                 {{0.9F, {0.95F, 0.9F, 0.8F, 0.7F}}},
                 {}};
  spec.cut = ExitCutSpec{1, "coding", {0, 1}, {{0.8F, {0.7F, 0.6F, 0.5F, 0.4F}}, {0.9F, {0.9F, 1, 0.8F, 0.7F}}}};
  manifest.exits = std::move(spec);
  return manifest;
}

// Both of a native client's routes for such a bundle; see native/client/gate_making.cpp.
struct CutPeer : ClientPeer {
  explicit CutPeer(ModelPlace place = ModelPlace::kRemote, QueuePolicy queue = QueuePolicy::kKeepAll)
      : CutPeer(queued(place, queue), cut_manifest(), std::make_shared<StagesInUse>()) {}
  CutPeer(const ClientOptions& chosen, const Manifest& bundle, const std::shared_ptr<StagesInUse>& stages)
      : ClientPeer(chosen, nullptr, bundle, {[&bundle, stages](RouteHost& host, RemoteRoute* remote) {
                     return std::make_unique<ExitSplitRoute>(host, remote, *bundle.exits, stages);
                   }},
                   [&bundle, stages](RouteHost& host, RemoteRoute*) {
                     return std::make_unique<ExitRoute>(host, *bundle.exits, 0, stages);
                   }),
        manifest(bundle),
        options(chosen) {
    client.record_to(&lines);
  }
  static ClientOptions queued(ModelPlace place, QueuePolicy queue) {
    ClientOptions options = placed(place);
    options.queue = queue;
    return options;
  }

  void connect(bool takes_cut = true) {
    client.start(now);
    expect<ConnectWanted>();
    finish_connecting(takes_cut);
  }
  void finish_connecting(bool takes_cut = true) {
    client.connected(now);
    hear<wire::Hello>();
    wire::Welcome offered = welcome();
    if (takes_cut) offered.encodings.insert(offered.encodings.begin(), wire::Encoding::kCut);
    say(offered);
  }
  void refuse() {
    client.start(now);
    expect<ConnectWanted>();
    client.disconnected({ErrorCode::kNotConnected, "refused"}, now);
  }

  void wants(std::uint32_t stage, bool with_exit, bool coded = false) {
    const RunWanted wanted = expect<RunWanted>();
    const auto& work = std::get<RunStage>(wanted.work);
    CHECK(work.part == "exits");
    CHECK(work.stage == stage);
    CHECK(work.with_exit == with_exit);
    CHECK(work.coded == coded);
    attempt = wanted.attempt;
  }
  void give(std::vector<OutputTensor> outputs, Duration took = 1ms, bool coded = false) {
    lines.line(coded ? cut_line(now, took, outputs) : stage_line(now, took, kStageCost, outputs));
    client.submit(attempt, StageOutputs(std::move(outputs), {}, coded ? 0 : kStageCost), took, now);
  }
  void exit(float confidence, float logit = 5) {
    std::vector<OutputTensor> outputs;
    outputs.push_back(floats("logits", {logit, 0}, {1, 2}));
    outputs.push_back(floats("confidence", {confidence}, {1}));
    give(std::move(outputs));
  }
  void payload(std::size_t bytes = 40) {
    std::vector<OutputTensor> outputs;
    outputs.push_back({"cut", *Tensor::create(DataType::kUint8, {static_cast<std::int64_t>(bytes)})});
    for (std::size_t i = 0; i < bytes; ++i) {
      outputs[0].tensor.as<std::uint8_t>()[i] = static_cast<std::uint8_t>(i);
    }
    give(std::move(outputs), 1ms, true);
  }
  // Both exits here are asked and not sure, and the tensor is on its way.
  InputId unsure() {
    const InputId id = offer();
    wants(0, true);
    exit(0.5F, 1);
    wants(1, true);
    exit(0.6F, 2);
    wants(1, false, true);
    payload();
    return id;
  }
  static OutputTensor floats(std::string name, std::vector<float> values, const Shape& shape) {
    return {std::move(name), *Tensor::copy_of(*view_of(std::span<const float>(values), shape))};
  }

  void reply(std::uint64_t id, std::int32_t stage, std::vector<float> logits = {0, 16}) {
    const Shape shape{1, static_cast<std::int64_t>(logits.size())};
    const Shape one{1};
    wire::Answer answer;
    answer.request_id = id;
    answer.outputs = {{"logits", *view_of(std::span<const float>(logits), shape)},
                      {"exit", *view_of(std::span<const std::int32_t>(&stage, 1), one)}};
    answer.how = static_cast<std::uint32_t>(AnswerKind::kSplit);
    say(answer);
  }

  Answer ended(AnswerKind kind) {
    Answer answer = expect<Answered>().answer;
    CHECK(answer.kind == kind);
    ends.push_back({now, answer.input, std::string(kind_name(kind)), answer.reason});
    return answer;
  }

  // What has happened so far happens again, but for what an error said, which is not in the log.
  void replays() {
    ReplayedRun run{options, {}};
    run.exits = options.place != ModelPlace::kRemote;
    run.cut = true;
    const auto told = [](const ReplayedEnd& end) {
      constexpr std::string_view kError = "nothing better came, ";
      return end.how + " " + end.reason.substr(0, end.reason.find(kError));
    };
    std::vector<std::string> first;
    for (const ReplayedEnd& end : ends) first.push_back(told(end));
    std::vector<std::string> again;
    const auto done = replay(lines.log, manifest, run, [&](const ReplayedEnd& end) { again.push_back(told(end)); });
    REQUIRE_MESSAGE(done.has_value(), (done ? std::string() : describe(done.error())));
    CHECK(again == first);
  }

  const Manifest manifest;
  const ClientOptions options;
  Lines lines;
  std::vector<ReplayedEnd> ends;
  AttemptId attempt = 0;
};

std::int32_t depth(const Answer& answer) {
  REQUIRE(answer.outputs.size() == 2);
  CHECK(answer.outputs[1].name == wire::kExitOutput);
  return answer.outputs[1].tensor.as<std::int32_t>()[0];
}

}  // namespace

TEST_CASE("an exit here that is sure answers, and nothing goes out") {
  CutPeer peer;
  peer.connect();
  peer.offer();
  peer.wants(0, true);
  peer.exit(0.95F, 7);
  const Answer answer = peer.ended(AnswerKind::kExited);
  CHECK(depth(answer) == 0);
  CHECK(answer.outputs[0].tensor.as<float>()[0] == 7);
  CHECK(answer.reason == "exit 1 of 4 sure: 0.950 > 0.900");
  CHECK_FALSE(answer.stopgap);
  CHECK(answer.cost.bytes_up == 0);
  CHECK(answer.cost.local_multiply_adds == 100);
  peer.quiet();
  peer.replays();
}

TEST_CASE(
    "what no exit here is sure of goes on at the cut, with the point that decides, and a server's exit or its last "
    "stage answers") {
  CutPeer peer;
  peer.connect();
  peer.unsure();  // the exit at the cut is closed at this target, and asked all the same
  const auto request = peer.hear<wire::Request>();
  CHECK(request.encoding == wire::Encoding::kCut);
  CHECK(request.exit_point == 2);
  CHECK(request.payload.size() == 40);
  CHECK(std::to_integer<int>(request.payload[39]) == 39);
  peer.reply(request.id, 3);
  const Answer exited = peer.ended(AnswerKind::kSplit);
  CHECK(depth(exited) == 3);
  CHECK(exited.outputs[0].tensor.as<float>()[1] == 16);
  CHECK(exited.reason == "exit 4 of 4 sure on the server");
  CHECK_FALSE(exited.stopgap);
  CHECK(exited.cost.local_compute == 3ms);
  CHECK(exited.cost.local_multiply_adds == 200);
  CHECK(exited.cost.bytes_up > 40);

  peer.client.set_accuracy_target(0.8F);
  peer.unsure();
  const auto second = peer.hear<wire::Request>();
  CHECK(second.exit_point == 1);
  peer.reply(second.id, 4);
  const Answer whole = peer.ended(AnswerKind::kSplit);
  CHECK(whole.outputs.size() == 1);
  CHECK(whole.reason == "no exit sure, the server ran the rest");
  peer.quiet();
  peer.replays();
}

TEST_CASE("the next input runs here while earlier ones are at the server") {
  CutPeer peer;
  peer.connect();
  peer.unsure();
  const auto first = peer.hear<wire::Request>();
  peer.offer();
  peer.wants(0, true);
  peer.reply(first.id, 2);
  peer.ended(AnswerKind::kSplit);
  peer.exit(0.99F);
  peer.ended(AnswerKind::kExited);
  peer.replays();
}

TEST_CASE("where the server is late the best exit so far answers at the deadline, and it shows") {
  CutPeer peer;
  peer.connect();
  SUBCASE("under way") {
    peer.unsure();
    const auto request = peer.hear<wire::Request>();
    peer.pass(1000ms);
    const Answer answer = peer.ended(AnswerKind::kExited);
    CHECK(depth(answer) == 1);
    CHECK(answer.outputs[0].tensor.as<float>()[0] == 2);
    CHECK(answer.stopgap);
    CHECK(answer.reason == "exit 2 of 4 closed at this target: 0.600, nothing better came before the deadline");
    CHECK(peer.hear<wire::Cancel>().request_id == request.id);
    peer.reply(request.id, 3);  // too late for anybody
    peer.quiet();
  }
  SUBCASE("before the cut") {
    peer.offer();
    peer.wants(0, true);
    peer.exit(0.5F);
    peer.wants(1, true);
    peer.pass(1000ms);
    const Answer answer = peer.ended(AnswerKind::kExited);
    CHECK(depth(answer) == 0);
    CHECK(answer.stopgap);
    peer.exit(0.99F);  // of an input that has ended
    peer.quiet();
    peer.offer();  // and the stages are free again
    peer.wants(0, true);
  }
  peer.replays();
}

TEST_CASE("behind a payload that the server has no room for, inputs get their exit before their time is up") {
  CutPeer peer;
  peer.connect();
  for (int i = 0; i < 2; ++i) {  // as many as the server takes at once
    peer.unsure();
    peer.hear<wire::Request>();
  }
  peer.unsure();  // held
  peer.offer();
  peer.quiet();
  peer.pass(980ms);
  peer.wants(0, true);
  peer.exit(0.5F, 1);
  peer.wants(1, true);
  peer.exit(0.6F, 2);
  peer.wants(1, false, true);
  peer.payload();
  const Answer answer = peer.ended(AnswerKind::kExited);
  CHECK(depth(answer) == 1);
  CHECK(answer.stopgap);
  CHECK(answer.reason.find("overloaded") != std::string::npos);
  peer.replays();
}

TEST_CASE("what an overloaded server refused goes again as it was, and no stage runs twice") {
  CutPeer peer;
  peer.connect();
  peer.unsure();
  const auto first = peer.hear<wire::Request>();
  wire::ErrorMessage busy;
  busy.request_id = first.id;
  busy.code = ErrorCode::kOverloaded;
  busy.retry_after_ms = 100;
  peer.say(busy);
  peer.offer();  // waits behind it
  peer.quiet();
  peer.pass(99ms);
  peer.quiet();
  peer.pass(1ms);
  const auto again = peer.hear<wire::Request>();
  CHECK(again.id != first.id);
  CHECK(again.exit_point == 2);
  CHECK(again.payload.size() == 40);
  CHECK(std::to_integer<int>(again.payload[39]) == 39);
  peer.wants(0, true);
  peer.exit(0.95F);
  peer.ended(AnswerKind::kExited);
  peer.reply(again.id, 3);
  const Answer answer = peer.ended(AnswerKind::kSplit);
  CHECK_FALSE(answer.stopgap);
  CHECK(answer.cost.local_multiply_adds == 200);
  peer.replays();
}

TEST_CASE("refused until its time is up, the exit answers") {
  CutPeer peer;
  peer.connect();
  peer.unsure();
  for (int i = 0; i < 20; ++i) {
    wire::ErrorMessage busy;
    busy.request_id = peer.hear<wire::Request>().id;
    busy.code = ErrorCode::kTooManyInFlight;
    busy.retry_after_ms = 50;
    peer.say(busy);
    if (i < 19) peer.pass(50ms);
  }
  const Answer answer = peer.ended(AnswerKind::kExited);
  CHECK(answer.stopgap);
  CHECK(answer.cost.local_multiply_adds == 200);
  peer.replays();
}

TEST_CASE("without a server, and after one was lost or refused, the best exit answers at once") {
  CutPeer peer(ModelPlace::kRemote, QueuePolicy::kNewestWins);
  SUBCASE("none was there") {
    peer.refuse();
    peer.unsure();
    const Answer answer = peer.ended(AnswerKind::kExited);
    CHECK(answer.stopgap);
    CHECK(answer.reason == "exit 2 of 4 closed at this target: 0.600, nothing better came, not_connected: refused");
  }
  SUBCASE("lost half-way") {
    peer.connect();
    peer.unsure();
    peer.hear<wire::Request>();
    peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
    // It begins anew, since a server may be back by then.
    peer.wants(0, true);
    peer.exit(0.5F);
    peer.wants(1, true);
    peer.exit(0.6F);
    peer.wants(1, false, true);
    peer.payload();
    const Answer answer = peer.ended(AnswerKind::kExited);
    CHECK(answer.stopgap);
    CHECK(answer.reason.find("connection_lost: gone") != std::string::npos);
  }
  SUBCASE("the server does not know the point") {
    peer.connect();
    peer.unsure();
    const auto request = peer.hear<wire::Request>();
    peer.say(wire::ErrorMessage{request.id, ErrorCode::kInvalidArgument, "exit_point is 2", 0});
    const Answer answer = peer.ended(AnswerKind::kExited);
    CHECK(answer.stopgap);
    CHECK(answer.reason.find("invalid_argument: exit_point is 2") != std::string::npos);
  }
  peer.replays();
}

TEST_CASE(
    "where every input is kept, what a lost connection took along waits for the next one, and no stage runs twice") {
  CutPeer peer;
  peer.connect();
  const InputId first = peer.unsure();
  peer.hear<wire::Request>();
  const InputId second = peer.unsure();
  peer.hear<wire::Request>();
  SUBCASE("the next one comes") {
    SUBCASE("after the connection went") { peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now); }
    SUBCASE("after the server had drained") {
      peer.say(wire::Goodbye{ErrorCode::kShuttingDown, 100});
      peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
    }
    peer.quiet();
    peer.pass(350ms);
    peer.expect<ConnectWanted>();
    peer.finish_connecting();
    for (const InputId id : {first, second}) {
      const auto request = peer.hear<wire::Request>();
      CHECK(request.encoding == wire::Encoding::kCut);
      peer.reply(request.id, 2);
      const Answer answer = peer.ended(AnswerKind::kSplit);
      CHECK(answer.input == id);
      CHECK(answer.cost.local_multiply_adds == 200);
    }
  }
  SUBCASE("the next one does not come within half a budget, however often it is tried") {
    peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
    peer.pass(350ms);
    peer.expect<ConnectWanted>();
    peer.client.disconnected({ErrorCode::kNotConnected, "refused"}, peer.now);
    peer.quiet();
    CHECK(peer.client.next_deadline() <= peer.now + 150ms);
    peer.pass(150ms);
    for (const InputId id : {first, second}) {
      const Answer answer = peer.ended(AnswerKind::kExited);
      CHECK(answer.input == id);
      CHECK(answer.stopgap);
    }
  }
  SUBCASE("connecting takes longer than half a budget") {
    peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
    peer.pass(350ms);
    peer.expect<ConnectWanted>();
    CHECK(peer.client.next_deadline() <= peer.now + 150ms);
    peer.pass(150ms);
    CHECK(peer.ended(AnswerKind::kExited).stopgap);
    CHECK(peer.ended(AnswerKind::kExited).stopgap);
  }
  peer.replays();
}

TEST_CASE("answers that no stages behind the cut give are refused, and the exit here answers") {
  CutPeer peer;
  peer.connect();
  const auto refused = [&](std::int32_t stage, std::vector<float> logits) {
    peer.unsure();
    const auto request = peer.hear<wire::Request>();
    peer.reply(request.id, stage, std::move(logits));
    const Answer answer = peer.ended(AnswerKind::kExited);
    CHECK(answer.stopgap);
    return answer.reason.substr(answer.reason.find("malformed_message"));
  };
  CHECK(refused(1, {0, 1}) ==
        "malformed_message: the answer of the stages behind the cut is of stage 1; the server runs those from 2 to 4");
  CHECK(refused(5, {0, 1}).find("is of stage 5") != std::string::npos);
  CHECK(refused(-1, {0, 1}).find("is of stage -1") != std::string::npos);
  CHECK(refused(3, {0, std::numeric_limits<float>::quiet_NaN()}).find("not finite") != std::string::npos);
  peer.unsure();
  wire::Answer bare;
  bare.request_id = peer.hear<wire::Request>().id;
  const std::array<float, 2> logits{0, 1};
  const Shape shape{1, 2};
  bare.outputs = {{"logits", *view_of(std::span<const float>(logits), shape)}};
  peer.say(bare);
  CHECK(peer.ended(AnswerKind::kExited).reason.find("does not say behind which stage") != std::string::npos);
  peer.replays();
}

TEST_CASE("a target that no point keeps sends the picture, and so does a server that takes no tensors at cuts") {
  CutPeer peer;
  SUBCASE("target") {
    peer.connect();
    CHECK(peer.client.set_accuracy_target(0.95F) == doctest::Approx(1));
  }
  SUBCASE("server") { peer.connect(false); }
  peer.offer();
  CHECK(std::holds_alternative<Encode>(peer.expect<RunWanted>().work));
}

TEST_CASE("what began while no server was there goes as a picture where no point of the cut keeps the target") {
  CutPeer peer;
  CHECK(peer.client.set_accuracy_target(0.95F) == doctest::Approx(1));
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  peer.unsure();
  peer.quiet();
  peer.finish_connecting();
  CHECK(std::holds_alternative<Encode>(peer.expect<RunWanted>().work));
}

TEST_CASE(
    "where the model may run here as a whole that goes before while there is no server, and the target is shared by "
    "none") {
  CutPeer peer(ModelPlace::kRemoteElseLocal);
  peer.refuse();
  CHECK(peer.client.set_accuracy_target(0.9F) == doctest::Approx(0.9));
  peer.offer();
  peer.wants(0, true);
  peer.exit(0.94F);  // enough for the cut's point, not for the one of the whole model
  peer.wants(1, true);
  peer.exit(0.95F);
  CHECK(peer.ended(AnswerKind::kExited).reason == "exit 2 of 4 sure: 0.950 > 0.900");
  peer.replays();
}

TEST_CASE("routes that ask for stages do so for one input at a time, whatever the connection does meanwhile") {
  CutPeer peer(ModelPlace::kRemoteElseLocal);
  peer.connect();
  peer.offer();
  peer.wants(0, true);
  peer.client.disconnected({ErrorCode::kConnectionLost, "gone"}, peer.now);
  peer.offer();  // the route of this device is there, but its stages are not free
  peer.quiet();
  peer.exit(0.95F);
  peer.ended(AnswerKind::kExited);
  peer.wants(0, true);
  peer.exit(0.96F);
  peer.ended(AnswerKind::kExited);
  peer.replays();
}

TEST_CASE("while the first connection is made the stages run, and the payload waits for it, half a budget at most") {
  CutPeer peer;
  peer.client.start(peer.now);
  peer.expect<ConnectWanted>();
  peer.unsure();
  peer.quiet();
  SUBCASE("it comes") {
    peer.pass(300ms);
    peer.finish_connecting();
    const auto request = peer.hear<wire::Request>();
    peer.reply(request.id, 2);
    CHECK(depth(peer.ended(AnswerKind::kSplit)) == 2);
  }
  SUBCASE("it does not") {
    CHECK(peer.client.next_deadline() <= peer.now + 500ms);
    peer.pass(500ms);
    CHECK(peer.ended(AnswerKind::kExited).stopgap);
  }
  peer.replays();
}

TEST_CASE("a driver that gives no bytes at the cut fails the attempt, and the exit answers") {
  CutPeer peer;
  peer.connect();
  peer.offer();
  peer.wants(0, true);
  peer.exit(0.5F);
  peer.wants(1, true);
  peer.exit(0.6F);
  peer.wants(1, false, true);
  peer.exit(0.6F);
  const Answer answer = peer.ended(AnswerKind::kExited);
  CHECK(answer.stopgap);
  CHECK(answer.reason.find("coded as one output of bytes") != std::string::npos);
}

TEST_CASE("a log of a cut needs a bundle with one, and lines of cuts that no driver writes are refused") {
  const Manifest manifest = cut_manifest();
  ReplayedRun run{placed(ModelPlace::kRemote), {}};
  run.cut = true;
  Manifest without = manifest;
  without.exits->cut.reset();
  const auto nobody = [](const ReplayedEnd&) {};
  CHECK(replay("", without, run, nobody).error().code == ErrorCode::kInvalidArgument);
  for (const char* line : {"0 cut", "0 cut 5", "0 cut 5 2000000", "0 cut 5 6 7", "0 cut 99999999999999 6"}) {
    CAPTURE(line);
    CHECK(replay(line, manifest, run, nobody).error().code == ErrorCode::kInvalidArgument);
  }
  CHECK(replay("0 cut 5 600", manifest, run, nobody).has_value());
}
