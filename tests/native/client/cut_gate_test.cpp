// A model with early exits between a device and a server, from picture to answer: the gate runs the first stages, the real server the rest.
#include <doctest/doctest.h>

#include <mutex>
#include <set>
#include <thread>

#include "native/bundle/bundle_folder.hpp"
#include "native/client/gate.hpp"
#include "tests/native/client/patient_options.hpp"
#include "tests/native/exit_bundle.hpp"
#include "tests/native/server_program.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::client;
using namespace sluice::test;
using namespace std::chrono_literals;
using exits::testing::kConvolution;
using exits::testing::kHead;
using exits::testing::kWhole;

namespace {

std::unique_ptr<Gate> open(const TemporaryFolder& folder, GateOptions options, bool connected = true) {
  auto gate = Gate::open((folder.path() / "exits").string(), std::move(options));
  REQUIRE_MESSAGE(gate.has_value(), (gate ? std::string() : describe(gate.error())));
  if (connected) REQUIRE((*gate)->wait_for_connection(30s).state == pipeline::ConnectionState::kReady);
  return *std::move(gate);
}

pipeline::Answer answer(Gate& gate, const ColouredPicture& colour) {
  Outcome outcome = gate.infer(colour.view).get();
  const auto* failed = std::get_if<pipeline::Failed>(&outcome);
  REQUIRE_MESSAGE(failed == nullptr, describe(failed->error));
  return std::get<pipeline::Answer>(std::move(outcome));
}

std::int32_t depth(const pipeline::Answer& answer) {
  REQUIRE(answer.outputs.size() == 2);
  CHECK(answer.outputs[1].name == "exit");
  return answer.outputs[1].tensor.as<std::int32_t>()[0];
}

std::vector<float> logits(const pipeline::Answer& answer) {
  const auto values = answer.outputs.at(0).tensor.as<float>();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE(
    "what the device is sure of it answers, and a server goes on from the cut with the rest, which has exits too") {
  const TemporaryFolder folder;
  write_cut_bundle(folder.path() / "exits");
  ServerProgram server(folder.path().string());
  const auto gate = open(folder, patient_options(server.url()));
  CHECK(gate->model_multiply_adds() == kWhole);

  const pipeline::Answer red = answer(*gate, kRed);
  CHECK(red.kind == pipeline::AnswerKind::kExited);
  CHECK(depth(red) == 0);
  CHECK(red.cost.bytes_up == 0);
  CHECK(red.cost.local_multiply_adds == kConvolution + kHead);

  const pipeline::Answer orange = answer(*gate, kOrange);
  CHECK(orange.kind == pipeline::AnswerKind::kSplit);
  CHECK(depth(orange) == 1);
  CHECK(logits(orange) == std::vector<float>{10, 5, 0});  // of the tensor in quarters
  CHECK(orange.reason == "exit 2 of 2 sure on the server");
  CHECK(orange.cost.bytes_up > 0);
  CHECK(orange.cost.server_compute.count() > 0);
  CHECK(orange.cost.local_multiply_adds == kConvolution + kHead);
  CHECK_FALSE(orange.stopgap);

  const pipeline::Answer yellow = answer(*gate, kYellow);
  CHECK(yellow.kind == pipeline::AnswerKind::kSplit);
  CHECK(yellow.outputs.size() == 1);
  CHECK(logits(yellow) == std::vector<float>{40, 40, 0});
  CHECK(yellow.reason == "no exit sure, the server ran the rest");

  // Nothing is sure here at this target, and the server's exit still is.
  CHECK(gate->set_accuracy_target(0.9F) == doctest::Approx(0.9));
  CHECK(depth(answer(*gate, kRed)) == 1);
  CHECK(gate->set_accuracy_target(0.95F) == doctest::Approx(1));
  const pipeline::Answer whole = answer(*gate, kRed);
  CHECK(whole.kind == pipeline::AnswerKind::kRemote);
  CHECK(whole.outputs.size() == 1);
}

TEST_CASE("many inputs at once each get their own answer") {
  const TemporaryFolder folder;
  write_cut_bundle(folder.path() / "exits", {0, 4, 2000});
  ServerProgram server(folder.path().string());
  const auto gate = open(folder, patient_options(server.url()));
  std::vector<std::future<Outcome>> outcomes;
  const ColouredPicture* const colours[] = {&kRed, &kYellow, &kOrange};
  for (int i = 0; i < 90; ++i) outcomes.push_back(gate->infer(colours[i % 3]->view));
  for (int i = 0; i < 90; ++i) {
    const Outcome outcome = outcomes[static_cast<std::size_t>(i)].get();
    const auto* got = std::get_if<pipeline::Answer>(&outcome);
    REQUIRE(got != nullptr);
    const auto expected = i % 3 == 0   ? std::vector<float>{4, 0, 0}
                          : i % 3 == 1 ? std::vector<float>{40, 40, 0}
                                       : std::vector<float>{10, 5, 0};
    CHECK(logits(*got) == expected);
  }
}

TEST_CASE("exits, and the server's part in them, can be declined") {
  const TemporaryFolder folder;
  write_cut_bundle(folder.path() / "exits");
  ServerProgram server(folder.path().string());
  GateOptions options = patient_options(server.url());
  SUBCASE("exits") { options.exits = false; }
  SUBCASE("split") { options.split = false; }
  CHECK(answer(*open(folder, options), kRed).kind == pipeline::AnswerKind::kRemote);
}

TEST_CASE("a server that is killed half-way leaves the best exit so far, and one that comes back goes on again") {
  const TemporaryFolder folder;
  write_cut_bundle(folder.path() / "exits");
  auto server = std::make_unique<ServerProgram>(folder.path().string());
  const int port = server->port();
  const auto gate = open(folder, patient_options(server->url()));
  CHECK(depth(answer(*gate, kOrange)) == 1);
  server->kill();
  for (int i = 0; i < 50; ++i) {
    const pipeline::Answer got = answer(*gate, kOrange);
    CHECK(got.kind == pipeline::AnswerKind::kExited);
    CHECK(got.stopgap);
    CHECK(depth(got) == 0);
    CHECK(got.reason.find("exit 1 of 2 not sure: 0.878 <= 0.900, nothing better came") == 0);
  }
  CHECK_FALSE(answer(*gate, kRed).stopgap);  // that one is sure all the same
  server.reset();
  server = std::make_unique<ServerProgram>(folder.path().string(), port);
  for (int i = 0; i < 600 && gate->connection().state != pipeline::ConnectionState::kReady; ++i) {
    std::this_thread::sleep_for(50ms);
  }
  CHECK(answer(*gate, kOrange).kind == pipeline::AnswerKind::kSplit);
}

TEST_CASE("where the model may run here it does while there is no server, by stages to its end") {
  const TemporaryFolder folder;
  write_cut_bundle(folder.path() / "exits");
  GateOptions options = patient_options("ws://127.0.0.1:1");
  options.pipeline.place = pipeline::ModelPlace::kRemoteElseLocal;
  const auto gate = open(folder, options, false);
  static_cast<void>(gate->wait_for_connection(30s));
  const pipeline::Answer orange = answer(*gate, kOrange);
  CHECK(orange.kind == pipeline::AnswerKind::kExited);
  CHECK(depth(orange) == 1);
  CHECK_FALSE(orange.stopgap);
  CHECK(answer(*gate, kYellow).kind == pipeline::AnswerKind::kLocal);
}

TEST_CASE("decisions between a device and a server are made again from their record") {
  struct Sink final : pipeline::DecisionSink {
    void line(std::string_view text) override {
      const std::lock_guard lock(mutex);
      (log += text) += '\n';
    }
    std::mutex mutex;
    std::string log;
  } sink;
  const TemporaryFolder folder;
  write_cut_bundle(folder.path() / "exits");
  auto server = std::make_unique<ServerProgram>(folder.path().string());
  GateOptions options = patient_options(server->url());
  options.pipeline.client_name = "recorder";
  options.decisions = &sink;
  const auto gate = open(folder, options);
  std::vector<std::string> reasons;
  for (const float target : {0.8F, 0.9F, 0.95F}) {
    gate->set_accuracy_target(target);
    for (const ColouredPicture* colour : {&kRed, &kOrange, &kYellow}) reasons.push_back(answer(*gate, *colour).reason);
  }
  gate->set_accuracy_target(0.8F);
  server.reset();
  reasons.push_back(answer(*gate, kOrange).reason);
  gate->close();
  CHECK(reasons[1] == "exit 2 of 2 sure on the server");

  const auto manifest = bundle::read_manifest(folder.path() / "exits");
  REQUIRE(manifest);
  std::vector<std::string> again;
  pipeline::ReplayedRun run{options.pipeline, {}};
  run.cut = true;
  const auto done = pipeline::replay(sink.log, *manifest, run,
                                     [&](const pipeline::ReplayedEnd& end) { again.push_back(end.reason); });
  CHECK_MESSAGE(done.has_value(), (done ? std::string() : describe(done.error())));
  // How a connection ended is not in the log.
  REQUIRE(again.size() == reasons.size());
  for (std::size_t i = 0; i + 1 < again.size(); ++i) CHECK(again[i] == reasons[i]);
  CHECK(again.back().substr(0, 40) == reasons.back().substr(0, 40));
}

TEST_CASE(
    "a coding that is of another tensor, or that cannot be read, is refused when the bundle is opened, naming its "
    "part") {
  const TemporaryFolder folder;
  write_cut_bundle(folder.path() / "exits");
  auto bundle = bundle::read_bundle(folder.path() / "exits");
  REQUIRE(bundle);
  bundle->parts["coding"].pop_back();
  REQUIRE(bundle::replace_bundle(folder.path() / "exits", *std::move(bundle)).has_value());
  GateOptions options = patient_options("ws://127.0.0.1:1");
  const auto gate = Gate::open((folder.path() / "exits").string(), options);
  REQUIRE_FALSE(gate.has_value());
  CHECK(gate.error().code == ErrorCode::kMalformedModel);
  CHECK(gate.error().message.find("part 'coding'") != std::string::npos);
  options.split = false;
  CHECK(Gate::open((folder.path() / "exits").string(), options).has_value());
}
