// Answers chosen by their cost, in a client with its real routes whose driver and server are played by hand: each kind where it is the cheapest,
// the promise in the mean, the deadline, the price, and the same again from the log.
#include "core/pipeline/answer_chooser.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "core/pipeline/decision_halves.hpp"
#include "core/pipeline/decision_guess.hpp"
#include "core/pipeline/decision_stage.hpp"
#include "core/pipeline/exit_split_route.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "core/questions/table.hpp"
#include "tests/core/pipeline/placed_world.hpp"
#include "tests/counting_new.hpp"
#include "tests/core/pipeline/split_peer.hpp"
#include "tests/core/pipeline/stage_driver.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;
using Kind = adapt::AnswerKind;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

ClientOptions choosing(adapt::CostWeights weights = adapt::kUsualWeights, ModelPlace place = ModelPlace::kRemote) {
  ClientOptions options;
  options.queue = QueuePolicy::kKeepAll;
  options.place = place;
  options.choose = true;
  options.weights = weights;
  options.budget_ms = 1000;
  options.ping_interval_ms = 0;
  return options;
}

void choose_with(Client& client, const Manifest& manifest, const ClientOptions& options, DecisionSink* sink = nullptr) {
  client.choose_with(std::make_unique<AnswerChooser>(manifest, options), *output::Agreement::make(manifest.agree_when));
  if (sink != nullptr) client.record_to(sink);
}

OutputTensor floats(std::string name, std::vector<float> values) {
  const Shape shape{1, static_cast<std::int64_t>(values.size())};
  return {std::move(name), *Tensor::copy_of(*view_of(std::span<const float>(values), shape))};
}

Manifest classifier() {
  Manifest manifest = ClientPeer::faces();
  manifest.model.output.decoder = "none";
  manifest.agree_when.rule = "label";
  manifest.default_target = 0.9F;
  return manifest;
}

// Asked for nothing: a choice does not begin anything.
struct NoHost final : RouteHost {
  AttemptInput input_of(const Attempt&) override { return {}; }
  void want(const Attempt&, Work) override {}
  void answer(Attempt&, AnswerKind, std::vector<OutputTensor>, std::string) override {}
  void keep(Attempt&, AnswerKind, std::vector<OutputTensor>, std::string) override {}
  void fail(Attempt&, Error) override {}
  void retry(Attempt&, bool) override {}
  Attempt* find_attempt(AttemptId) override { return nullptr; }
};

// --- a question before a server's model

Manifest skip_manifest() {
  Manifest manifest = classifier();
  auto spec = std::make_shared<questions::SkipSpec>();
  spec->operating_points = {{0.8F, 0.95F, 0.4F, 0.6F}, {0.9F, 0.95F, 0.2F, 0.4F}, {0.98F, 0.95F, 0.1F, 0.2F}};
  for (const QuestionRow& row : questions::all_questions()) {
    if (row.kind == "skip") manifest.questions.push_back({&row, spec});
  }
  return manifest;
}

struct SkipPeer : ClientPeer {
  explicit SkipPeer(const ClientOptions& chosen, const Manifest& bundle = skip_manifest())
      : ClientPeer(
            chosen,
            [this]() -> Result<Verdict> {
              Verdict verdict;
              verdict.score = score;
              verdict.threshold = 0.4F;
              if (score < 0.4F) verdict.kind = AnswerKind::kSkipped;
              return verdict;
            },
            bundle) {
    choose_with(client, bundle, chosen, &lines);
    ready();
  }

  // One input to its end; the server takes 20 ms.
  Answer answer_one() {
    offer();
    auto event = next();
    for (int idle = 0; !event && idle < 400; ++idle) {
      pass(5ms);
      event = next();
    }
    REQUIRE(event.has_value());
    if (auto* wanted = std::get_if<RunWanted>(&*event)) {
      client.submit(wanted->attempt, Payload{wire::Encoding::kJpeg, as_bytes("jpeg of some bytes")}, 1ms, now);
      const auto request = hear<wire::Request>();
      pass(20ms);
      const float logits[] = {1, 2};
      wire::Answer reply;
      reply.request_id = request.id;
      reply.cost.compute = 15ms;
      reply.outputs = {{"out", *view_of(std::span<const float>(logits), Shape{1, 2})}};
      say(reply);
      event = next();
      REQUIRE(event.has_value());
    }
    REQUIRE(std::holds_alternative<Answered>(*event));
    Answer answer = std::move(std::get<Answered>(*event).answer);
    pass(80ms);
    return answer;
  }

  float score = 0;
  Lines lines;
};

// --- stages and exits here, a cut, a server

Manifest cut_manifest() {
  Manifest manifest = classifier();
  ExitsSpec spec{"exits",
                 exits::ExitRule::kMaxProbability,
                 {{"a", "exit_0"}, {"b", "exit_1"}},
                 {{0.8F, {0.6F, 0.5F}}, {0.9F, {0.8F, 0.7F}}},
                 {}};
  spec.cut = ExitCutSpec{1, "coding", {0, 1}, {{0.8F, {0.6F, 0.5F}}, {0.9F, {0.8F, 0.7F}}}};
  manifest.exits = std::move(spec);
  manifest.variants = {{"fp32", "model", 1, {{"test", 30, 1}}}};
  return manifest;
}

struct StagePeer : ClientPeer {
  explicit StagePeer(const ClientOptions& chosen, const Manifest& bundle = cut_manifest(),
                     const std::shared_ptr<StagesInUse>& stages = std::make_shared<StagesInUse>())
      : ClientPeer(chosen, nullptr, bundle, further(chosen, bundle, stages),
                   [&bundle, stages](RouteHost& host, RemoteRoute*) {
                     return std::make_unique<ExitRoute>(host, *bundle.exits, 0, stages);
                   }),
        manifest(bundle) {
    choose_with(client, manifest, chosen, &lines);
    client.start(now);
    if (chosen.place == ModelPlace::kLocal) return;
    expect<ConnectWanted>();
    client.connected(now);
    hear<wire::Hello>();
    wire::Welcome offered = welcome();
    offered.encodings.insert(offered.encodings.begin(), wire::Encoding::kCut);
    say(offered);
  }

  static std::vector<Client::MakeRoute> further(const ClientOptions& chosen, const Manifest& bundle,
                                                const std::shared_ptr<StagesInUse>& stages) {
    if (chosen.place == ModelPlace::kLocal) return {};
    return {[&bundle, stages](RouteHost& host, RemoteRoute* remote) {
      return std::make_unique<ExitSplitRoute>(host, remote, *bundle.exits, stages);
    }};
  }

  // One input to its end: its exits are this sure, and the model says class 0 or 1. Each stage takes 10 ms here, the server's model 5.
  Answer answer_one(float first, float second, bool exits_are_right = true) {
    offer();
    int idle = 0;  // times that it waited for the link
    for (;;) {
      auto event = next();
      if (!event) {
        const std::string* bytes = client.next_message();
        if (bytes == nullptr) {
          REQUIRE(++idle < 400);
          pass(5ms);
          continue;
        }
        heard = *bytes;
        client.sent(heard.size(), now);
        const auto message = wire::decode(as_bytes(heard));
        REQUIRE(message.has_value());
        const auto* request = std::get_if<wire::Request>(&*message);
        if (request == nullptr) continue;
        pass(15ms);
        reply(*request);
        continue;
      }
      if (auto* answered = std::get_if<Answered>(&*event)) {
        pass(60ms);
        return std::move(answered->answer);
      }
      REQUIRE(std::holds_alternative<RunWanted>(*event));
      const auto& wanted = std::get<RunWanted>(*event);
      if (std::holds_alternative<Encode>(wanted.work)) {
        const std::string picture(5000, '.');
        client.submit(wanted.attempt, Payload{wire::Encoding::kJpeg, as_bytes(picture)}, 1ms, now);
        continue;
      }
      const auto& stage = std::get<RunStage>(wanted.work);
      std::vector<OutputTensor> outputs;
      const Duration took = stage.coded ? 1ms : 10ms;
      pass(took);
      if (stage.coded) {
        outputs.push_back({"cut", *Tensor::create(DataType::kUint8, {40})});
        lines.line(cut_line(now, took, outputs));
      } else {
        if (stage.stage == 2) {
          outputs.push_back(floats("logits", {9, 0}));
        } else if (stage.with_exit) {
          outputs.push_back(exits_are_right ? floats("logits", {5, 0}) : floats("logits", {0, 5}));
          outputs.push_back({"confidence", *Tensor::create(DataType::kFloat32, {1})});
          outputs[1].tensor.as<float>()[0] = stage.stage == 0 ? first : second;
        }
        lines.line(stage_line(now, took, 100, outputs));
      }
      client.submit(wanted.attempt, StageOutputs(std::move(outputs), {}, 100), took, now);
    }
  }

  void reply(const wire::Request& request) {
    const float logits[] = {9, 0};
    const std::int32_t stage = 2;
    wire::Answer answer;
    answer.request_id = request.id;
    answer.cost.compute = 5ms;
    answer.outputs = {{"logits", *view_of(std::span<const float>(logits), Shape{1, 2})}};
    if (request.encoding == wire::Encoding::kCut) {
      answer.outputs.push_back({"exit", *view_of(std::span<const std::int32_t>(&stage, 1), Shape{1})});
      answer.how = static_cast<std::uint32_t>(AnswerKind::kSplit);
    }
    say(answer);
  }

  const Manifest manifest;
  Lines lines;
};

// --- two halves

struct HalvesPeer : SplitPeer {
  explicit HalvesPeer(const ClientOptions& chosen) : SplitPeer(chosen), manifest(split_manifest()) {
    choose_with(client, manifest, chosen, &lines);
    connect();
  }

  Answer answer_one(float logit, std::size_t bytes = 60) {
    offer();
    int idle = 0;  // times that it waited for the link
    for (;;) {
      auto event = next();
      if (!event) {
        const std::string* message = client.next_message();
        if (message == nullptr) {
          REQUIRE(++idle < 400);
          pass(5ms);
          continue;
        }
        heard = *message;
        client.sent(heard.size(), now);
        const auto decoded = wire::decode(as_bytes(heard));
        const auto* request = std::get_if<wire::Request>(&*decoded);
        if (request == nullptr) continue;
        pass(15ms);
        if (request->encoding == wire::Encoding::kSplit) {
          answer(request->id, request->payload.size() >= bytes ? 3 : 1);
        } else {
          const float logits[] = {9, 0};
          wire::Answer reply;
          reply.request_id = request->id;
          reply.cost.compute = 5ms;
          reply.outputs = {{"out", *view_of(std::span<const float>(logits), Shape{1, 2})}};
          say(reply);
        }
        continue;
      }
      if (auto* answered = std::get_if<Answered>(&*event)) {
        pass(60ms);
        return std::move(answered->answer);
      }
      const auto& wanted = std::get<RunWanted>(*event);
      if (std::holds_alternative<Encode>(wanted.work)) {
        const std::string picture(3000, '.');
        client.submit(wanted.attempt, Payload{wire::Encoding::kJpeg, as_bytes(picture)}, 1ms, now);
        continue;
      }
      const auto third = static_cast<std::int32_t>(bytes / 3);
      auto outputs = made({third, 2 * third, static_cast<std::int32_t>(bytes)}, bytes);
      outputs[kGuessOutput] = pipeline::testing::output<float>("logits", {logit, 0}, {1, 2});
      lines.line(halves_line(now, 1ms, outputs));
      lines.line(guess_line(now, outputs));
      client.submit(wanted.attempt, StageOutputs(std::move(outputs)), 1ms, now);
    }
  }

  const Manifest manifest;
  Lines lines;
};

// The logit that makes the larger of two classes so probable.
float logit_of(double probability) { return static_cast<float>(std::log(probability / (1 - probability))); }

double expected_error(const Answer& answer) {
  REQUIRE(answer.placement != nullptr);
  return answer.kind == AnswerKind::kRemote || answer.kind == AnswerKind::kLocal
             ? 0
             : static_cast<double>(answer.placement->chosen().error);
}

}  // namespace

TEST_CASE(
    "a skip is taken where its error is worth less than sending, and what is taken raises the price of an error") {
  SkipPeer peer(choosing());
  std::mt19937 random(1);
  std::uniform_real_distribution<float> scores(0, 0.8F);
  int skipped = 0;
  int surest = 0;
  double errors = 0;
  float lowest_price = 1e9F;
  float highest_price = 0;
  constexpr int kInputs = 1500;
  for (int i = 0; i < kInputs; ++i) {
    peer.score = scores(random);
    const Answer answer = peer.answer_one();
    REQUIRE(answer.placement != nullptr);
    const bool is_skip = answer.kind == AnswerKind::kSkipped;
    CHECK(is_skip == (answer.placement->chosen().kind == Kind::kSkip));
    if (peer.score < 0.4F) CHECK(answer.placement->all().size() == 2);  // the skip, and the picture sent
    skipped += is_skip ? 1 : 0;
    surest += is_skip && peer.score < 0.1F ? 1 : 0;
    errors += expected_error(answer);
    CHECK(errors <= 0.1 * (i + 1) + 1e-3);  // the promise, after any number of inputs
    if (i > 500) {
      lowest_price = std::min(lowest_price, answer.placement->price_per_error);
      highest_price = std::max(highest_price, answer.placement->price_per_error);
    }
    if (is_skip) CHECK(answer.reason.find("skip score") == 0);
  }
  CHECK(skipped > kInputs / 5);
  CHECK(surest > kInputs / 9);     // nearly all of the eighth
  CHECK(errors > 0.05 * kInputs);  // what is allowed is used
  CHECK(highest_price > lowest_price);
}

TEST_CASE("nothing but the full model answers where every error is forbidden") {
  SkipPeer peer(choosing());
  peer.client.set_accuracy_target(1);
  peer.score = 0.05F;
  for (int i = 0; i < 50; ++i) CHECK(peer.answer_one().kind == AnswerKind::kRemote);
}

TEST_CASE("skips that turn out wrong are believed less") {
  const Manifest manifest = skip_manifest();
  AnswerChooser chooser(manifest, choosing());
  const double before = chooser.held(0, AnswerKind::kSkipped, 0.15F).error;
  CHECK(before > 0);
  SkipPeer believing(choosing());
  SkipPeer doubting(choosing());
  for (int i = 0; i < 200; ++i) doubting.client.compared(Kind::kSkip, static_cast<float>(before), true, doubting.now);
  int by_belief = 0;
  int by_doubt = 0;
  for (int i = 0; i < 400; ++i) {
    believing.score = doubting.score = 0.12F;
    by_belief += believing.answer_one().kind == AnswerKind::kSkipped ? 1 : 0;
    by_doubt += doubting.answer_one().kind == AnswerKind::kSkipped ? 1 : 0;
  }
  CHECK(by_doubt * 3 < by_belief * 2);
}

TEST_CASE("an exit here answers as soon as it is sure enough for the price, and the promise is kept in the mean") {
  StagePeer peer(choosing({1, 5, 1}, ModelPlace::kLocal));
  std::mt19937 random(2);
  std::uniform_real_distribution<float> even(0, 1);
  double errors = 0;
  int exited = 0;
  int whole = 0;
  int wrong = 0;
  constexpr int kInputs = 2000;
  for (int i = 0; i < kInputs; ++i) {
    const float first = std::sqrt(even(random));
    const float second = std::sqrt(std::max(first, even(random)));
    // Right as often as it says.
    const Answer answer = peer.answer_one(first, second, even(random) < second);
    errors += expected_error(answer);
    exited += answer.kind == AnswerKind::kExited ? 1 : 0;
    whole += answer.kind == AnswerKind::kLocal ? 1 : 0;
    if (answer.kind == AnswerKind::kExited && answer.outputs[0].tensor.as<float>()[1] > 0) ++wrong;
    CHECK(errors <= 0.1 * (i + 1) + 1e-3);
    REQUIRE(answer.placement != nullptr);
    CHECK(answer.placement->asked >= 2);  // from the start, and behind each exit
  }
  CHECK(exited > kInputs / 4);
  CHECK(whole > kInputs / 20);
  CHECK(wrong < 0.12 * kInputs);
}

TEST_CASE("stages that run here go on at the server where that is the cheapest, and the picture where it is not") {
  // A device whose time is dear, where the features at the cut are few.
  StagePeer stages(choosing({0.2, 1, 30}, ModelPlace::kRemoteElseLocal));
  StagePeer pictures(choosing({50, 0.1, 0.1}, ModelPlace::kRemoteElseLocal));
  StagePeer here(choosing({0.1, 500, 500}, ModelPlace::kRemoteElseLocal));
  std::set<Kind> of_stages;
  std::set<Kind> of_pictures;
  std::set<Kind> of_here;
  std::mt19937 random(3);
  std::uniform_real_distribution<float> even(0.2F, 1);
  for (int i = 0; i < 300; ++i) {
    const float first = even(random);
    const float second = std::max(first, even(random));
    for (auto [peer, kinds] : {std::pair(&stages, &of_stages), {&pictures, &of_pictures}, {&here, &of_here}}) {
      const Answer answer = peer->answer_one(first, second);
      REQUIRE(answer.placement != nullptr);
      kinds->insert(answer.placement->chosen().kind);
      if (answer.kind == AnswerKind::kSplit) CHECK(answer.placement->chosen().form == Form::kStages);
    }
  }
  CHECK(of_stages.contains(Kind::kExit));
  CHECK(of_pictures.contains(Kind::kSendWhole));
  CHECK((of_here.contains(Kind::kRunHere) || of_here.contains(Kind::kExit)));
}

TEST_CASE("an input whose stages have run to the cut is split there where the server is cheap and a picture is dear") {
  ClientOptions options = choosing({0.1, 100, 0.01});
  StagePeer peer(options);
  int split = 0;
  for (int i = 0; i < 100; ++i) {
    const Answer answer = peer.answer_one(0.3F, 0.35F);
    REQUIRE(answer.placement != nullptr);
    if (answer.kind != AnswerKind::kSplit) continue;
    ++split;
    CHECK(answer.placement->chosen().kind == Kind::kSplit);
    CHECK(answer.placement->chosen().form == Form::kStages);
    CHECK(answer.placement->actual_bytes > 40);
  }
  CHECK(split > 0);
}

TEST_CASE("of two halves a sure guess answers alone, and features or the picture go where it is not") {
  HalvesPeer peer(choosing({1, 20, 1}));
  peer.client.set_accuracy_target(0.8F);
  std::mt19937 random(4);
  std::uniform_real_distribution<double> even(0.5, 1);
  double errors = 0;
  std::set<std::uint32_t> channels;
  int pictures = 0;
  int sure = 0;
  int sure_alone = 0;
  for (int i = 0; i < 1000; ++i) {
    const double sureness = even(random);
    const Answer answer = peer.answer_one(logit_of(std::min(sureness, 0.999)));
    errors += expected_error(answer);
    CHECK(errors <= 0.2 * (i + 1) + 1e-3);
    REQUIRE(answer.placement != nullptr);
    if (answer.kind == AnswerKind::kRemote) {
      ++pictures;
      continue;
    }
    CHECK(answer.kind == AnswerKind::kSplit);
    CHECK(answer.placement->chosen().kind == Kind::kSplit);
    CHECK(answer.placement->chosen().form == Form::kFeatures);
    channels.insert(answer.placement->chosen().setting);
    if (i <= 500 || sureness < 0.98) continue;
    ++sure;
    sure_alone += answer.placement->chosen().setting == 0 ? 1 : 0;
  }
  CHECK(sure > 0);
  CHECK(sure_alone * 4 > sure * 3);
  CHECK(channels.contains(0));
  CHECK(channels.size() >= 2);
  CHECK(pictures < 500);
}

TEST_CASE("features that would come too late are not sent: the picture goes, or the guess answers") {
  HalvesPeer peer(choosing({1, 0.001, 0.001}));
  peer.client.set_accuracy_target(0.95F);
  for (int i = 0; i < 60; ++i) peer.answer_one(logit_of(0.6));
  int pictures = 0;
  for (int i = 0; i < 40; ++i) {
    const Answer answer = peer.answer_one(logit_of(0.9), 6'000'000);  // takes seconds on the link that was seen
    REQUIRE(answer.placement != nullptr);
    CHECK(answer.placement->chosen().bytes < 2'000'000);
    CHECK(answer.placement->chosen().in_time);
    pictures += answer.kind == AnswerKind::kRemote ? 1 : 0;
  }
  CHECK(pictures > 0);
}

TEST_CASE(
    "pictures go whole, small, as their file, or nowhere, whatever costs least in time, and so again from the log") {
  const auto kinds_of = [](const WorldOptions& options) {
    PlacedWorld world(options);
    world.run();
    std::map<Kind, int> kinds;
    for (const WorldInput& one : world.inputs) {
      if (one.placement) ++kinds[one.placement->chosen().kind];
    }
    std::vector<ReplayedEnd> again;
    const auto replayed = replay(world.decisions, world.manifest, {world.client_options, {}},
                                 [&](const ReplayedEnd& end) { again.push_back(end); });
    if (!replayed) FAIL(replayed.error().message);
    REQUIRE(again.size() == world.ends.size());
    for (std::size_t i = 0; i < again.size(); ++i) {
      CHECK(again[i].when == world.ends[i].when);
      REQUIRE(again[i].placement.has_value() == world.ends[i].placement.has_value());
      if (!again[i].placement) continue;
      CHECK(again[i].placement->chosen().kind == world.ends[i].placement->chosen().kind);
      CHECK(again[i].placement->chosen().cost == world.ends[i].placement->chosen().cost);
      CHECK(again[i].placement->actual_cost == world.ends[i].placement->actual_cost);
    }
    return kinds;
  };
  WorldOptions options;
  options.up_bytes_per_s = [](Instant) { return 2e6; };
  options.here = 150ms;
  options.here_profile_ms = 150;
  options.chosen_by = adapt::CostWeights{0.01, 50, 0.01};
  options.own_files = false;
  auto bytes_dear = kinds_of(options);  // bytes cost, so the model here
  CHECK(bytes_dear[Kind::kRunHere] > 150);
  options.chosen_by = adapt::CostWeights{5, 5, 1};
  auto here_dear = kinds_of(options);
  CHECK(here_dear[Kind::kSendSmall] > 50);
  CHECK(here_dear[Kind::kRunHere] < 50);
  options.chosen_by = adapt::CostWeights{50, 0.1, 1};
  auto encoding_dear = kinds_of(options);  // 14 ms a megapixel whole, 22 shrunk
  CHECK(encoding_dear[Kind::kSendWhole] > 100);
  options.own_files = true;
  auto with_files = kinds_of(options);
  CHECK(with_files[Kind::kSendFile] > 150);
}

TEST_CASE("what was chosen is chosen again from the log") {
  const auto same = [](const std::string& log, const Manifest& manifest, const ReplayedRun& run,
                       const std::vector<std::pair<Kind, float>>& chosen) {
    std::vector<std::pair<Kind, float>> again;
    const auto replayed = replay(log, manifest, run, [&](const ReplayedEnd& end) {
      REQUIRE(end.placement.has_value());
      again.emplace_back(end.placement->chosen().kind, end.placement->price_per_error);
    });
    if (!replayed) FAIL(replayed.error().message);
    CHECK(again == chosen);
  };
  std::mt19937 random(5);
  std::uniform_real_distribution<float> even(0, 1);
  std::vector<std::pair<Kind, float>> chosen;
  const auto note = [&](const Answer& answer) {
    REQUIRE(answer.placement != nullptr);
    chosen.emplace_back(answer.placement->chosen().kind, answer.placement->price_per_error);
  };
  SUBCASE("with a question") {
    const ClientOptions options = choosing();
    SkipPeer peer(options);
    for (int i = 0; i < 300; ++i) {
      peer.score = even(random) * 0.8F;
      note(peer.answer_one());
    }
    same(peer.lines.log, skip_manifest(), {options, {"skip"}}, chosen);
  }
  SUBCASE("by stages") {
    const ClientOptions options = choosing({0.5, 1, 0.5}, ModelPlace::kRemoteElseLocal);
    StagePeer peer(options);
    for (int i = 0; i < 300; ++i) {
      const float first = even(random);
      note(peer.answer_one(first, std::max(first, even(random)), even(random) < 0.8F));
    }
    ReplayedRun run{options, {}};
    run.exits = run.cut = true;
    same(peer.lines.log, peer.manifest, run, chosen);
    CHECK(peer.lines.log.find(" compared ") != std::string::npos);
  }
  SUBCASE("by halves") {
    const ClientOptions options = choosing({1, 20, 1});
    HalvesPeer peer(options);
    for (int i = 0; i < 300; ++i) note(peer.answer_one(logit_of(0.5 + 0.499 * static_cast<double>(even(random)))));
    ReplayedRun run{options, {}};
    run.halves = 3;
    same(peer.lines.log, peer.manifest, run, chosen);
  }
}

TEST_CASE("a choice, from the start or half-way, allocates nothing and says how long it took") {
  const Manifest manifest = cut_manifest();
  const ClientOptions options = choosing({1, 5, 1}, ModelPlace::kLocal);
  NoHost host;
  ExitRoute route(host, *manifest.exits);
  Route* const routes[] = {&route};
  AnswerChooser chooser(manifest, options);
  ChosenInput state;
  PlacementRecord record;
  PlacedInput input;
  input.extent = {input::Modality::kImage, {4, 2, 3}};
  input.deadline = Instant{} + 1s;
  const HeldAnswer held[] = {{Kind::kSkip, 0.4}, {Kind::kReuse, 0.3}};
  int chosen = 0;
  const auto both = [&] {
    chosen += chooser.choose(input, held, routes, nullptr, Instant{}, state, record).has_value() ? 1 : 0;
    chooser.half_way(input, route, {.kind = Kind::kExit, .place = 0, .confidence = 0.5F}, 10ms, {}, nullptr, Instant{},
                     state, record);
    chooser.answered(input, {Form::kHere}, &record, {}, {AnswerKind::kExited}, Instant{}, state);
  };
  both();
  const std::size_t before = sluice::test::allocation_count();
  const auto begin = std::chrono::steady_clock::now();
  constexpr int kTimes = 1000;
  for (int i = 0; i < kTimes; ++i) both();
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  const std::size_t after = sluice::test::allocation_count();
  CHECK(after == before);
  CHECK(chosen == kTimes + 1);
  MESSAGE("two choices and an end: " << took.count() / kTimes << " us");
}

TEST_CASE("numbers that are none choose what is safe, and nothing breaks") {
  ClientOptions options = choosing({kNan, -1, std::numeric_limits<double>::infinity()});
  options.kept_in_time = std::numeric_limits<float>::quiet_NaN();
  SkipPeer peer(options);
  peer.client.set_accuracy_target(std::numeric_limits<float>::quiet_NaN());
  for (const float score : {0.05F, -3.0F, std::numeric_limits<float>::infinity()}) {
    peer.score = score;
    CHECK(peer.answer_one().kind == AnswerKind::kRemote);  // a target that is none allows no error
  }
  peer.client.compared(Kind::kSkip, std::numeric_limits<float>::quiet_NaN(), true, peer.now);
  peer.client.compared(static_cast<Kind>(200), 0.5F, true, peer.now);
  peer.client.set_accuracy_target(0.5F);
  peer.score = 0.01F;
  CHECK_NOTHROW(peer.answer_one());
}
