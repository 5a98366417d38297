// The route by stages against a driver played by hand: which stages and exits are asked for, and what answers.
#include "core/pipeline/exit_route.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "core/pipeline/decision_stage.hpp"
#include "core/pipeline/decision_log.hpp"
#include "tests/core/pipeline/client_peer.hpp"
#include "tests/core/pipeline/stage_driver.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;

namespace {

Manifest exit_manifest(exits::ExitRule rule = exits::ExitRule::kMaxProbability) {
  Manifest manifest = ClientPeer::faces();
  manifest.model.output.decoder = "none";
  manifest.agree_when.rule = "label";
  manifest.default_target = 0.9F;
  const bool entropy = rule == exits::ExitRule::kEntropy;
  manifest.exits = ExitsSpec{"exits", rule, {{"a", "exit_0"}, {"b", "exit_1"}, {"c", "exit_2"}}, {}};
  if (entropy) {
    manifest.exits->points = {{0.9F, {0.3F, 0, 0.2F}}};
  } else {
    manifest.exits->points = {{0.8F, {0.7F, 0.6F, 0.5F}}, {0.9F, {0.93F, 1, 0.8F}}};
  }
  return manifest;
}

struct ExitPeer {
  explicit ExitPeer(const Manifest& bundle = exit_manifest(), ModelPlace place = ModelPlace::kLocal,
                    float mean_cost = 0)
      : manifest(bundle), options(placed(place, mean_cost)) {
    client =
        std::make_unique<Client>(manifest, std::vector<std::unique_ptr<Question>>{}, options, nullptr,
                                 std::vector<Client::MakeRoute>{}, [this](RouteHost& host, RemoteRoute*) {
                                   return std::make_unique<ExitRoute>(host, *manifest.exits, options.exits_mean_cost);
                                 });
    client->record_to(&lines);
    client->start(now);
  }

  InputId offer() {
    const auto id = client->offer(image, now);
    REQUIRE(id.has_value());
    return *id;
  }

  template <typename T>
  T next() {
    auto event = client->next_event();
    REQUIRE(event.has_value());
    REQUIRE(std::holds_alternative<T>(*event));
    return std::get<T>(*std::move(event));
  }

  // The next stage is this one, with its exit or without.
  void wants(std::uint32_t stage, bool with_exit) {
    const RunWanted wanted = next<RunWanted>();
    const auto& work = std::get<RunStage>(wanted.work);
    CHECK(work.part == "exits");
    CHECK(work.stage == stage);
    CHECK(work.with_exit == with_exit);
    attempt = wanted.attempt;
  }

  static OutputTensor floats(std::string name, std::vector<float> values) {
    const Shape shape{1, static_cast<std::int64_t>(values.size())};
    return {std::move(name), *Tensor::copy_of(*view_of(std::span<const float>(values), shape))};
  }

  void submit(std::vector<OutputTensor> outputs, Duration took = 1ms) {
    lines.line(stage_line(now, took, kStageCost, outputs));
    client->submit(attempt, StageOutputs(std::move(outputs), {}, kStageCost), took, now);
  }
  void passes() { submit({}); }
  void exit(float confidence, float logit = 5) {
    std::vector<OutputTensor> outputs;
    outputs.push_back(floats("logits", {logit, 0}));
    outputs.push_back(floats("confidence", {confidence}));
    submit(std::move(outputs));
  }
  void whole() {
    std::vector<OutputTensor> outputs;
    outputs.push_back(floats("logits", {40, 0}));
    submit(std::move(outputs));
  }

  Answer answered(AnswerKind kind) {
    Answer answer = next<Answered>().answer;
    CHECK(answer.kind == kind);
    CHECK_FALSE(client->next_event().has_value());
    ends.push_back({now, answer.input, std::string(kind_name(kind)), answer.reason});
    return answer;
  }

  static std::int32_t depth(const Answer& answer) {
    REQUIRE(answer.outputs.size() == 2);
    CHECK(answer.outputs[1].name == wire::kExitOutput);
    CHECK(answer.outputs[1].tensor.shape() == Shape{1});
    return answer.outputs[1].tensor.as<std::int32_t>()[0];
  }

  const Manifest manifest;
  const ClientOptions options;
  Lines lines;
  std::vector<ReplayedEnd> ends;
  Instant now{};
  AttemptId attempt = 0;
  std::array<std::uint8_t, 24> pixels{};
  input::ImageView image{input::PixelFormat::kRgb8, 4, 2, {{{pixels.data(), 12}, {}, {}}}};
  std::unique_ptr<Client> client;
};

}  // namespace

TEST_CASE("the first exit that is sure answers, and nothing more is asked of the model") {
  ExitPeer peer;
  const InputId id = peer.offer();
  peer.wants(0, true);
  peer.exit(0.95F, 7);
  const Answer answer = peer.answered(AnswerKind::kExited);
  CHECK(answer.input == id);
  CHECK(ExitPeer::depth(answer) == 0);
  CHECK(answer.outputs[0].name == "logits");
  CHECK(answer.outputs[0].tensor.as<float>()[0] == 7);
  CHECK(answer.reason == "exit 1 of 3 sure: 0.950 > 0.930");
  CHECK(answer.cost.local_compute == 1ms);
  CHECK(answer.cost.local_multiply_adds == 100);
}

TEST_CASE("an exit that is not sure leaves the input to the next, and closed ones are passed by") {
  ExitPeer peer;
  peer.offer();
  peer.wants(0, true);
  peer.exit(0.93F);  // as much as the threshold is not more
  peer.wants(1, false);
  peer.passes();
  peer.wants(2, true);
  peer.exit(0.81F);
  const Answer answer = peer.answered(AnswerKind::kExited);
  CHECK(ExitPeer::depth(answer) == 2);
  CHECK(answer.reason == "exit 3 of 3 sure: 0.810 > 0.800");
  CHECK(answer.cost.local_compute == 3ms);
  CHECK(answer.cost.local_multiply_adds == 300);
}

TEST_CASE("where no exit is sure the model itself answers, as it would whole") {
  ExitPeer peer;
  peer.offer();
  peer.wants(0, true);
  peer.exit(0.5F);
  peer.wants(1, false);
  peer.passes();
  peer.wants(2, true);
  peer.exit(0.5F);
  peer.wants(3, false);
  peer.whole();
  const Answer answer = peer.answered(AnswerKind::kLocal);
  REQUIRE(answer.outputs.size() == 1);
  CHECK(answer.outputs[0].tensor.as<float>()[0] == 40);
  CHECK(answer.reason == "no exit sure of 2 asked, ran whole");
}

TEST_CASE("the target chooses the point, and one that no point reaches closes all exits") {
  ExitPeer peer;
  CHECK(peer.client->set_accuracy_target(0.8F) == doctest::Approx(0.8));
  peer.offer();
  peer.wants(0, true);
  peer.exit(0.71F);
  CHECK(ExitPeer::depth(peer.answered(AnswerKind::kExited)) == 0);
  CHECK(peer.client->set_accuracy_target(0.85F) == doctest::Approx(0.9));
  peer.offer();
  peer.wants(0, true);
  // Chosen while a stage runs: the exit that was asked is held against the new threshold.
  CHECK(peer.client->set_accuracy_target(0.95F) == doctest::Approx(1));
  peer.exit(0.99F);
  for (std::uint32_t stage = 1; stage < 3; ++stage) {
    peer.wants(stage, false);
    peer.passes();
  }
  peer.wants(3, false);
  peer.whole();
  peer.answered(AnswerKind::kLocal);
  peer.offer();
  for (std::uint32_t stage = 0; stage < 3; ++stage) {
    peer.wants(stage, false);
    peer.passes();
  }
  peer.wants(3, false);
  peer.whole();
  CHECK(peer.answered(AnswerKind::kLocal).reason == "no exit is open at this target, ran whole");
}

TEST_CASE("entropies are sure below their threshold, and 0 closes an exit") {
  ExitPeer peer(exit_manifest(exits::ExitRule::kEntropy));
  peer.offer();
  peer.wants(0, true);
  peer.exit(0.3F);
  peer.wants(1, false);
  peer.passes();
  peer.wants(2, true);
  peer.exit(0.1F);
  CHECK(peer.answered(AnswerKind::kExited).reason == "exit 3 of 3 sure: 0.100 < 0.200");
}

TEST_CASE("the latest exit answers when the deadline comes, and its room is free again") {
  ExitPeer peer;
  peer.client->set_accuracy_target(0.8F);
  peer.offer();
  peer.wants(0, true);
  peer.exit(0.6F, 1);
  peer.wants(1, true);
  peer.exit(0.5F, 2);
  peer.wants(2, true);
  peer.now = peer.client->next_deadline();
  peer.client->tick(peer.now);
  const Answer answer = peer.answered(AnswerKind::kExited);
  CHECK(ExitPeer::depth(answer) == 1);
  CHECK(answer.outputs[0].tensor.as<float>()[0] == 2);
  CHECK(answer.reason == "exit 2 of 3 not sure: 0.500 <= 0.600, nothing better came before the deadline");
  peer.exit(0.9F);  // too late
  CHECK_FALSE(peer.client->next_event().has_value());
  peer.offer();
  peer.wants(0, true);
}

TEST_CASE("a stage that fails leaves the input to the latest exit, or fails it where none was asked") {
  ExitPeer peer;
  const Error why{ErrorCode::kExecutionFailed, "a logit of an exit is no number"};
  peer.offer();
  peer.wants(0, true);
  peer.client->fail(peer.attempt, why, peer.now);
  CHECK(peer.next<InputFailed>().failed.error.code == ErrorCode::kExecutionFailed);
  peer.offer();
  peer.wants(0, true);
  peer.exit(0.6F);
  peer.wants(1, false);
  peer.client->fail(peer.attempt, why, peer.now);
  const Answer answer = peer.answered(AnswerKind::kExited);
  CHECK(ExitPeer::depth(answer) == 0);
  CHECK(answer.reason.find("nothing better came, execution_failed") != std::string::npos);
}

TEST_CASE("what a driver must not make of an exit is refused") {
  const auto refused = [](std::vector<OutputTensor> outputs) {
    ExitPeer peer;
    peer.offer();
    peer.wants(0, true);
    peer.client->submit(peer.attempt, StageOutputs(std::move(outputs)), 1ms, peer.now);
    const Error error = peer.next<InputFailed>().failed.error;
    CHECK(error.code == ErrorCode::kInvalidArgument);
    CHECK(error.message.find("stage 0 gave ") == 0);
  };
  refused({});
  const auto two = [](OutputTensor one, OutputTensor other) {
    std::vector<OutputTensor> outputs;
    outputs.push_back(std::move(one));
    outputs.push_back(std::move(other));
    return outputs;
  };
  refused(two(ExitPeer::floats("logits", {1, 2}), ExitPeer::floats("confidence", {1, 2})));
  refused(two(ExitPeer::floats("logits", {}), ExitPeer::floats("confidence", {1})));
  refused(two(ExitPeer::floats("logits", {1, 2}), {"confidence", *Tensor::create(DataType::kInt32, {1})}));
  refused(two(ExitPeer::floats("logits", {1, 2}),
              ExitPeer::floats("confidence", {std::numeric_limits<float>::quiet_NaN()})));
}

TEST_CASE("one input runs at a time, and one that is given up leaves no stage to run") {
  ExitPeer peer;
  const InputId first = peer.offer();
  peer.wants(0, true);
  peer.offer();
  CHECK_FALSE(peer.client->next_event().has_value());
  peer.exit(0.1F);
  // The next stage is asked for, and not needed any more before anyone heard of it.
  peer.client->cancel(first, peer.now);
  CHECK(peer.next<InputFailed>().failed.error.code == ErrorCode::kCancelled);
  peer.wants(0, true);
}

TEST_CASE("while there is no server the stages run here, where both places are allowed") {
  ExitPeer peer(exit_manifest(), ModelPlace::kRemoteElseLocal);
  peer.client->disconnected({ErrorCode::kNotConnected, "nobody there"}, peer.now);
  while (peer.client->next_event()) {
  }
  peer.offer();
  peer.wants(0, true);
  peer.exit(0.95F);
  peer.answered(AnswerKind::kExited);
}

TEST_CASE("a replay decides at the same exits, for the same reasons") {
  ExitPeer peer;
  const std::vector<float> confidences = {0.95F, 0.93F, 0.2F, 0.9301F, 0.9299F};
  for (const float confidence : confidences) {
    peer.now += 10ms;
    peer.offer();
    peer.wants(0, true);
    peer.exit(confidence);
    if (confidence <= 0.93F) {
      peer.wants(1, false);
      peer.passes();
      peer.wants(2, true);
      peer.exit(confidence / 1.1F);
      if (confidence / 1.1F <= 0.8F) {
        peer.wants(3, false);
        peer.whole();
        peer.answered(AnswerKind::kLocal);
        continue;
      }
    }
    peer.answered(AnswerKind::kExited);
  }
  // One whose time is up between two stages.
  peer.offer();
  peer.wants(0, true);
  peer.exit(0.4F);
  peer.wants(1, false);
  peer.now += 2s;
  peer.client->tick(peer.now);
  peer.answered(AnswerKind::kExited);

  const auto replayed = [&](const std::string& log, const Manifest& manifest) {
    std::vector<ReplayedEnd> again;
    ReplayedRun run{peer.options, {}};
    run.exits = true;
    auto done = replay(log, manifest, run, [&](const ReplayedEnd& end) { again.push_back(end); });
    return std::pair(std::move(done), std::move(again));
  };
  const auto [done, again] = replayed(peer.lines.log, peer.manifest);
  REQUIRE_MESSAGE(done.has_value(), (done ? std::string() : describe(done.error())));
  REQUIRE(again.size() == peer.ends.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    CHECK(again[i].when == peer.ends[i].when);
    CHECK(again[i].input == peer.ends[i].input);
    CHECK(again[i].how == peer.ends[i].how);
    CHECK(again[i].reason == peer.ends[i].reason);
  }

  // It depends on the log: another confidence is another end.
  std::string changed = peer.lines.log;
  const std::size_t at = changed.find(" stage 1000 ");
  REQUIRE(at != std::string::npos);
  const std::size_t end = changed.find('\n', at);
  changed.replace(at, end - at, " stage 1000 100 0");
  const auto others = replayed(changed, peer.manifest).second;
  REQUIRE_FALSE(others.empty());
  CHECK(others[0].reason != peer.ends[0].reason);

  Manifest whole = peer.manifest;
  whole.exits.reset();
  const auto refused = replayed(peer.lines.log, whole).first;
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == "the run was of a model with early exits; the bundle 'faces' has none");
}

TEST_CASE("with a mean cost the first input runs whole, and the others mix the points that the target allows") {
  ExitPeer peer(exit_manifest(), ModelPlace::kLocal, 0.5F);
  peer.client->set_accuracy_target(0.8F);
  const auto run_whole = [&] {
    for (std::uint32_t stage = 0; stage < 3; ++stage) {
      peer.wants(stage, false);
      peer.passes();
    }
    peer.wants(3, false);
    peer.whole();
    peer.answered(AnswerKind::kLocal);
  };
  peer.offer();
  run_whole();
  // Inputs of which every exit is sure: those at a point leave at the first one, a quarter of the model.
  double stages = 4;
  int inputs = 1;
  for (; inputs < 400; ++inputs) {
    peer.offer();
    const RunWanted wanted = peer.next<RunWanted>();
    peer.attempt = wanted.attempt;
    if (std::get<RunStage>(wanted.work).with_exit) {
      peer.exit(0.99F);
      peer.answered(AnswerKind::kExited);
      stages += 1;
      continue;
    }
    peer.passes();
    for (std::uint32_t stage = 1; stage < 3; ++stage) {
      peer.wants(stage, false);
      peer.passes();
    }
    peer.wants(3, false);
    peer.whole();
    peer.answered(AnswerKind::kLocal);
    stages += 4;
  }
  CHECK(stages / inputs / 4 == doctest::Approx(0.5).epsilon(0.05));

  // Each choice is made again from the log.
  std::vector<ReplayedEnd> again;
  ReplayedRun run{peer.options, {}};
  run.exits = true;
  REQUIRE(replay(peer.lines.log, peer.manifest, run, [&](const ReplayedEnd& end) { again.push_back(end); }));
  REQUIRE(again.size() == peer.ends.size());
  for (std::size_t i = 0; i < again.size(); ++i) CHECK(again[i].reason == peer.ends[i].reason);
  CHECK(again[0].reason == "ran whole, as the mean cost leaves room for it");
}

TEST_CASE("a mean cost below what the target takes leaves the target kept") {
  ExitPeer peer(exit_manifest(), ModelPlace::kLocal, 0.1F);
  peer.client->set_accuracy_target(0.95F);  // no point promises that
  for (int i = 0; i < 30; ++i) {
    peer.offer();
    for (std::uint32_t stage = 0; stage < 3; ++stage) {
      peer.wants(stage, false);
      peer.passes();
    }
    peer.wants(3, false);
    peer.whole();
    peer.answered(AnswerKind::kLocal);
  }
}

TEST_CASE("a stage's line is read as it was written, and other numbers are none of it") {
  std::vector<OutputTensor> outputs;
  CHECK(stage_line(Instant(Duration(12)), Duration(345), 67, outputs) == "12 stage 345 67");
  outputs.push_back(ExitPeer::floats("logits", {1, 2}));
  outputs.push_back(ExitPeer::floats("confidence", {0.5F}));
  CHECK(stage_line(Instant(Duration(12)), Duration(345), 67, outputs) == "12 stage 345 67 1056964608");
  const auto read = read_stage(std::array<std::uint64_t, 3>{345, 67, 1056964608});
  REQUIRE(read.has_value());
  CHECK(read->took == Duration(345));
  CHECK(read->multiply_adds == 67);
  REQUIRE(read->outputs.size() == 2);
  CHECK(read->outputs[1].tensor.as<float>()[0] == 0.5F);
  CHECK(read_stage(std::array<std::uint64_t, 2>{345, 67})->outputs.empty());
  for (const std::vector<std::uint64_t>& bad :
       {std::vector<std::uint64_t>{}, {1}, {1, 2, 3, 4}, {1ULL << 50, 1}, {1, 1ULL << 51}, {1, 2, 1ULL << 32}}) {
    CHECK_FALSE(read_stage(bad).has_value());
  }
}
