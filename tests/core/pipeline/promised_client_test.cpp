// The accuracy target kept live in a client whose driver, model and server are played by hand: thresholds that follow the stream, audits
// behind everybody's inputs, what audits cost and find, feedback, and all of it again from the log.
#include <doctest/doctest.h>

#include <deque>
#include <random>

#include "core/output/detection.hpp"
#include "core/pipeline/deciders.hpp"
#include "core/pipeline/decision_log.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "core/questions/table.hpp"
#include "tests/core/pipeline/client_peer.hpp"
#include "tests/counting_new.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;

namespace {

Manifest promised_manifest() {
  Manifest manifest = ClientPeer::faces();
  manifest.model.output.decoder = "retinaface";
  manifest.agree_when.rule = "boxes";
  manifest.default_target = 0.9F;
  auto spec = std::make_shared<questions::SkipSpec>();
  spec->redundant_when = "count == 0";
  spec->operating_points = {{0.9F, 0.95F, 0.2F, 0.4F}};
  for (const QuestionRow& row : questions::all_questions()) {
    if (row.kind == "skip") manifest.questions.push_back({&row, spec});
  }
  return manifest;
}

// As many boxes as asked for.
std::vector<OutputTensor> boxes(std::size_t count) {
  std::vector<output::Detection> found(count, {0, 0, 2, 2, 0.9F, {}});
  std::vector<OutputTensor> outputs;
  outputs.push_back({std::string(output::kDetectionsName), *output::to_tensor(found)});
  return outputs;
}

ClientOptions promised(ModelPlace place = ModelPlace::kLocal) {
  ClientOptions options;
  options.place = place;
  options.queue = QueuePolicy::kKeepAll;
  options.live_promise = true;
  options.budget_ms = 1000;
  options.ping_interval_ms = 0;
  return options;
}

struct Lines final : DecisionSink {
  void line(std::string_view line) override { (text += line) += '\n'; }
  std::string text;
};

// A stream whose frames are needed more often the higher their score is, unless told otherwise.
struct PromisedPeer : ClientPeer {
  explicit PromisedPeer(const ClientOptions& options = promised(), const Manifest& bundle = promised_manifest())
      : ClientPeer(
            options, [this]() -> Result<Verdict> { return Verdict{AnswerKind::kSkipped, {}, score, 2, {}}; }, bundle),
        manifest(bundle) {
    const auto made = add_deciders(client, manifest, options);
    if (!made) FAIL(made.error().message);
    client.record_to(&lines);
    client.start(now);
  }

  promise::PromiseReport report() const { return client.promise()->report; }

  // Draws a frame: its score, and whether the model finds something in it.
  void draw() {
    score = even(random);
    needed = even(random) < error_at(score);
  }

  // The model here runs at once for whatever it is asked for; ends when nothing more is asked for.
  void run_all() {
    while (auto event = next()) {
      if (auto* wanted_run = std::get_if<RunWanted>(&*event)) {
        const bool audit = !answered_kind(wanted_run->input).empty();
        client.submit(wanted_run->attempt, StageOutputs(boxes(truth[wanted_run->input] ? 1 : 0)), 1ms, now);
        if (audit) ++audit_runs;
      } else if (auto* answered = std::get_if<Answered>(&*event)) {
        kinds[answered->answer.input] = std::string(kind_name(answered->answer.kind));
        if (answered->answer.audited) ++announced;
        if (answered->answer.kind == AnswerKind::kSkipped) {
          ++skipped;
          if (truth[answered->answer.input]) ++missed;
        }
      } else if (auto* ended = std::get_if<AuditEnded>(&*event)) {
        ends.push_back(*ended);
      } else {
        FAIL("an event that nobody expected");
      }
    }
  }

  std::string answered_kind(InputId id) const {
    const auto found = kinds.find(id);
    return found == kinds.end() ? std::string() : found->second;
  }

  InputId frame() {
    const auto id = client.offer(image, now);
    REQUIRE(id.has_value());
    truth[*id] = needed;
    now += 33ms;
    return *id;
  }

  void play(int frames) {
    for (int i = 0; i < frames; ++i) {
      draw();
      frame();
      run_all();
    }
  }

  Manifest manifest;
  Lines lines;
  float score = 0.5F;
  bool needed = false;
  std::function<float(float)> error_at = [](float value) { return value < 0.7F ? 0.0F : 0.9F; };
  std::mt19937 random{7};
  std::uniform_real_distribution<float> even{0, 1};
  std::map<InputId, bool> truth;
  std::map<InputId, std::string> kinds;
  std::vector<AuditEnded> ends;
  int skipped = 0;
  int missed = 0;
  int announced = 0;
  int audit_runs = 0;
};

struct End {
  InputId input = 0;
  std::string how;
  std::string reason;
  bool operator==(const End&) const = default;
};

}  // namespace

TEST_CASE(
    "thresholds follow the stream: what the calibrated one leaves to the model is skipped, and the target is kept") {
  PromisedPeer peer;
  peer.play(3000);
  const double agreement = 1 - peer.missed / 3000.0;
  CHECK(agreement >= 0.9);
  // 70 % of the frames hold nothing, and the calibrated threshold skips 20 %.
  CHECK(peer.skipped > 1800);
  const promise::PromiseReport report = peer.report();
  CHECK(report.inputs == 3000);
  CHECK(report.answered == static_cast<std::uint64_t>(peer.skipped));
  CHECK(report.found <= report.audits);
  CHECK(report.proven.least <= static_cast<std::uint64_t>(peer.missed));
  CHECK(report.proven.most >= static_cast<std::uint64_t>(peer.missed));
  CHECK(report.state == promise::PromiseState::kKept);
  CHECK(peer.promise_changes > 0);
}

TEST_CASE("an audited answer is there at once, and its audit ends in one event of its own") {
  PromisedPeer peer;
  peer.play(2000);
  CHECK(peer.announced > 20);
  CHECK(peer.audit_runs == peer.announced);
  CHECK(peer.ends.size() == static_cast<std::size_t>(peer.announced));
  std::uint64_t wrong = 0;
  for (const AuditEnded& end : peer.ends) {
    CHECK(peer.answered_kind(end.input) == "skipped");
    CHECK(end.result == (peer.truth[end.input] ? AuditResult::kWrong : AuditResult::kRight));
    CHECK(end.cost.local_compute == 1ms);
    wrong += end.result == AuditResult::kWrong ? 1 : 0;
  }
  CHECK(peer.report().found == wrong);
  CHECK(peer.report().pending == 0);
  CHECK(peer.client.promise()->audits.local_compute == 1ms * peer.announced);
}

TEST_CASE("a stream in which everything is needed is left to the model, and nothing is promised that is not kept") {
  PromisedPeer peer;
  peer.error_at = [](float) { return 1.0F; };
  peer.play(1500);
  CHECK(1 - peer.missed / 1500.0 >= 0.9);
  CHECK(peer.report().state != promise::PromiseState::kBroken);
}

TEST_CASE("scores that begin to lie are found out by audits, and more is left to the model again") {
  PromisedPeer peer;
  peer.play(1500);
  const int before = peer.skipped;
  peer.error_at = [](float value) { return value < 0.3F ? 0.6F : 0.9F; };
  peer.play(1500);
  CHECK(peer.skipped - before < before / 2);
  CHECK(peer.report().found > 10);
}

TEST_CASE("an audit begins when no input waits, and never takes the server's last slot") {
  ClientOptions options = promised(ModelPlace::kRemote);
  options.max_in_flight = 2;
  options.promise.audits.share = 1;  // all
  options.promise.control.first_inputs = 0;
  PromisedPeer peer(options);
  peer.expect<ConnectWanted>();
  peer.client.connected(peer.now);
  peer.hear<wire::Hello>();
  wire::Welcome welcome = peer.welcome();
  welcome.limits.max_in_flight = 2;
  peer.say(welcome);
  // Thresholds are chosen every few inputs.
  std::uint64_t last = 0;
  const auto answer = [&](std::uint64_t id, std::size_t found) {
    wire::Answer message;
    message.request_id = id;
    auto outputs = boxes(found);
    message.outputs.push_back({std::string(output::kDetectionsName), outputs[0].tensor.view()});
    peer.say(message);
  };
  const auto send = [&](InputId id) {
    RunWanted event = peer.expect<RunWanted>();
    CHECK(event.input == id);
    peer.client.submit(event.attempt, Payload{wire::Encoding::kJpeg, as_bytes("jpeg")}, 1ms, peer.now);
    last = peer.hear<wire::Request>().id;
    return last;
  };
  for (int i = 0; i < 16; ++i) {
    peer.score = 0.9F;
    const InputId id = peer.frame();
    answer(send(id), 1);
    CHECK(peer.expect<Answered>().answer.kind == AnswerKind::kRemote);
  }
  peer.score = 0.001F;
  const InputId quiet = peer.frame();
  const Answer skipped = peer.expect<Answered>().answer;
  CHECK(skipped.kind == AnswerKind::kSkipped);
  CHECK(skipped.audited);
  const std::uint64_t audit = send(quiet);
  // Another one waits while the first is under way, and while it would take the last slot.
  const InputId second = peer.frame();
  CHECK(peer.expect<Answered>().answer.audited);
  peer.quiet();
  peer.score = 0.95F;
  const InputId urgent = peer.frame();
  const std::uint64_t request = send(urgent);
  answer(audit, 0);
  CHECK(peer.expect<AuditEnded>().result == AuditResult::kRight);
  peer.quiet();
  answer(request, 1);
  CHECK(peer.expect<Answered>().answer.input == urgent);
  answer(send(second), 1);
  const AuditEnded found = peer.expect<AuditEnded>();
  CHECK(found.input == second);
  CHECK(found.result == AuditResult::kWrong);
  CHECK(found.cost.bytes_up > 0);
}

TEST_CASE("audits that nobody answers fail when their time is up, and count as wrong for what is proven") {
  ClientOptions options = promised();
  options.promise.audits.share = 1;
  options.audit_budget_ms = 500;
  options.max_waiting_audits = 2;
  PromisedPeer peer(options);
  peer.play(40);
  const auto proven = peer.report().proven.most;
  peer.score = 0;
  peer.needed = false;
  for (int i = 0; i < 3; ++i) peer.frame();
  int audited = 0;
  std::vector<AuditEnded> ended;
  for (int step = 0; step < 4; ++step) {
    while (auto event = peer.next()) {
      if (const auto* answered = std::get_if<Answered>(&*event)) audited += answered->answer.audited ? 1 : 0;
      if (const auto* end = std::get_if<AuditEnded>(&*event)) ended.push_back(*end);
    }
    peer.pass(500ms);
  }
  CHECK(audited == 2);  // the third found no room
  REQUIRE(ended.size() == 2);
  for (const AuditEnded& end : ended) CHECK(end.result == AuditResult::kFailed);
  CHECK(peer.report().pending == 0);
  CHECK(peer.report().proven.most >= proven + 3);
}

TEST_CASE("stopping ends audits, too") {
  ClientOptions options = promised();
  options.promise.audits.share = 1;
  PromisedPeer peer(options);
  peer.play(40);
  peer.score = 0;
  peer.frame();
  CHECK(peer.expect<Answered>().answer.audited);
  peer.client.stop(peer.now);
  const AuditEnded end = peer.expect<AuditEnded>();
  CHECK(end.result == AuditResult::kFailed);
}

TEST_CASE("feedback is learned once, and of answers that are remembered") {
  PromisedPeer peer;
  peer.play(200);
  InputId skipped = 0;
  InputId run = 0;
  for (const auto& [id, kind] : peer.kinds) (kind == "skipped" ? skipped : run) = id;
  REQUIRE(skipped != 0);
  const auto threshold = peer.client.promise()->places[0].threshold;
  CHECK(peer.client.feedback(skipped, true, peer.now).has_value());
  CHECK(peer.client.feedback(skipped, true, peer.now).error().code == ErrorCode::kNotFound);
  CHECK(peer.client.feedback(skipped, false, peer.now).error().code == ErrorCode::kNotFound);
  CHECK(peer.client.feedback(run, true, peer.now).error().code == ErrorCode::kNotFound);
  for (const InputId unknown : {InputId{0}, InputId{1'000'000}}) {
    CHECK(peer.client.feedback(unknown, true, peer.now).error().code == ErrorCode::kNotFound);
  }
  for (const auto& [id, kind] : peer.kinds) {
    if (kind == "skipped") static_cast<void>(peer.client.feedback(id, true, peer.now));
  }
  peer.play(50);
  CHECK(peer.client.promise()->places[0].threshold < threshold);

  ClientPeer without({}, [] { return Verdict{}; });
  CHECK(without.client.feedback(1, true, without.now).error().code == ErrorCode::kInvalidArgument);
  CHECK_FALSE(without.client.promise().has_value());
}

TEST_CASE("a target of 1 leaves everything to the model, and there is nothing to promise") {
  PromisedPeer peer;
  CHECK(peer.client.set_accuracy_target(1) == 1);
  peer.play(300);
  CHECK(peer.skipped == 0);
  CHECK_FALSE(peer.client.promise().has_value());
  CHECK(peer.client.set_accuracy_target(0.9F) == doctest::Approx(0.9));
  peer.play(500);
  CHECK(peer.skipped > 100);
}

TEST_CASE("scores that are no numbers are left to the model") {
  PromisedPeer peer;
  peer.play(300);
  peer.score = std::numeric_limits<float>::quiet_NaN();
  peer.needed = false;
  const InputId id = peer.frame();
  peer.run_all();
  CHECK(peer.answered_kind(id) == "local");
}

TEST_CASE("what cannot be compared cannot be promised") {
  Manifest manifest = promised_manifest();
  manifest.model.output.decoder = "none";
  manifest.agree_when.rule = "label";
  ClientPeer peer(promised(), [] { return Verdict{}; }, manifest);
  const auto made = add_deciders(peer.client, manifest, promised());
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == ErrorCode::kInvalidArgument);
  Manifest nothing = promised_manifest();
  nothing.questions.clear();
  ClientPeer silent(promised(), nullptr, nothing);
  CHECK(add_deciders(silent.client, nothing, promised()).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("a recorded stream is decided again in the same way, audits and feedback included") {
  PromisedPeer peer;
  peer.play(700);
  for (const auto& [id, kind] : peer.kinds) {
    if (kind == "skipped" && id % 50 == 0) static_cast<void>(peer.client.feedback(id, true, peer.now));
  }
  peer.client.set_accuracy_target(0.95F);
  peer.play(500);
  std::map<InputId, std::string> again;
  const auto replayed = replay(peer.lines.text, peer.manifest, {promised(), {"skip"}},
                               [&](const ReplayedEnd& end) { again[end.input] = end.how; });
  if (!replayed) FAIL(replayed.error().message);
  CHECK(again == peer.kinds);
}

TEST_CASE("a steady stream under a live promise allocates what its answers take") {
  PromisedPeer peer;
  peer.play(2000);
  peer.lines.text.clear();
  peer.client.record_to(nullptr);
  peer.score = 0.0005F;
  std::size_t most = 0;
  for (int i = 0; i < 500; ++i) {
    const std::size_t before = sluice::test::allocation_count();
    REQUIRE(peer.client.offer(peer.image, peer.now).has_value());
    bool audited = false;
    while (auto event = peer.client.next_event()) {
      if (const auto* answered = std::get_if<Answered>(&*event)) audited = audited || answered->answer.audited;
      if (const auto* run = std::get_if<RunWanted>(&*event)) {
        audited = true;
        peer.client.submit(run->attempt, StageOutputs(boxes(0)), 1ms, peer.now);
      }
    }
    if (!audited) most = std::max(most, sluice::test::allocation_count() - before);
    peer.now += 33ms;
  }
  CHECK(most <= 8);  // the reason's text
}

TEST_CASE("a server that says of an answer without anything that halves gave it does no harm") {
  Manifest manifest = ClientPeer::faces();
  manifest.model.output.decoder = "none";
  manifest.agree_when.rule = "label";
  manifest.split = SplitSpec{.device = "device", .remote = "remote", .values = {}, .points = {{0.8F, 2}, {0.9F, 4}}};
  ClientPeer peer({}, nullptr, manifest);
  ClientOptions options;
  options.live_promise = true;
  REQUIRE(add_deciders(peer.client, manifest, options).has_value());
  peer.ready();
  for (const AnswerKind said : {AnswerKind::kSplit, AnswerKind::kSkipped, AnswerKind::kReused, AnswerKind::kExited}) {
    const auto [id, request] = peer.send();
    wire::Answer answer;
    answer.request_id = request.id;
    answer.how = static_cast<std::uint32_t>(said);
    peer.say(answer);
    CHECK(peer.expect<Answered>().answer.input == id);
    while (auto event = peer.next()) {
      if (const auto* wanted = std::get_if<RunWanted>(&*event)) peer.client.fail(wanted->attempt, {}, peer.now);
    }
  }
}
