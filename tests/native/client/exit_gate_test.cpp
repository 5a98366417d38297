// A model with early exits from picture to answer, on this device: what leaves where, and what was run for it.
#include <doctest/doctest.h>

#include <limits>
#include <mutex>

#include "native/bundle/bundle_folder.hpp"
#include "native/client/gate.hpp"
#include "tests/native/client/patient_options.hpp"
#include "tests/native/exit_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::client;
using namespace sluice::test;
using exits::testing::kConvolution;
using exits::testing::kHead;
using exits::testing::kWhole;

namespace {

GateOptions here() {
  GateOptions options = patient_options("");
  options.pipeline.place = pipeline::ModelPlace::kLocal;
  return options;
}

std::unique_ptr<Gate> open(const TemporaryFolder& folder, GateOptions options = here()) {
  auto gate = Gate::open((folder.path() / "exits").string(), std::move(options));
  REQUIRE_MESSAGE(gate.has_value(), (gate ? std::string() : describe(gate.error())));
  return *std::move(gate);
}

pipeline::Answer answer(Gate& gate, const ColouredPicture& colour) {
  Outcome outcome = gate.infer(colour.view).get();
  const auto* failed = std::get_if<pipeline::Failed>(&outcome);
  REQUIRE_MESSAGE(failed == nullptr, describe(failed->error));
  return std::get<pipeline::Answer>(std::move(outcome));
}

std::int32_t depth(const pipeline::Answer& answer) {
  CHECK(answer.kind == pipeline::AnswerKind::kExited);
  REQUIRE(answer.outputs.size() == 2);
  CHECK(answer.outputs[1].name == "exit");
  return answer.outputs[1].tensor.as<std::int32_t>()[0];
}

}  // namespace

TEST_CASE("easy pictures leave early, and what comes behind their exit is not run") {
  const TemporaryFolder folder;
  write_exit_bundle(folder.path() / "exits");
  const auto gate = open(folder);
  CHECK(gate->model_multiply_adds() == kWhole);

  const pipeline::Answer red = answer(*gate, kRed);
  CHECK(depth(red) == 0);
  CHECK(red.outputs[0].name == "logits");
  CHECK(red.outputs[0].tensor.as<float>()[0] == doctest::Approx(4));
  CHECK(red.cost.local_multiply_adds == kConvolution + kHead);
  CHECK(red.cost.local_compute.count() > 0);

  const pipeline::Answer orange = answer(*gate, kOrange);
  CHECK(depth(orange) == 1);
  CHECK(orange.cost.local_multiply_adds == 2 * (kConvolution + kHead));

  const pipeline::Answer yellow = answer(*gate, kYellow);
  CHECK(yellow.kind == pipeline::AnswerKind::kLocal);
  REQUIRE(yellow.outputs.size() == 1);
  CHECK(yellow.outputs[0].tensor.as<float>()[0] == doctest::Approx(40));
  CHECK(yellow.cost.local_multiply_adds == kWhole + 2 * kHead);

  // The first exit is closed, and its branch costs nothing.
  CHECK(gate->set_accuracy_target(0.9F) == doctest::Approx(0.9));
  const pipeline::Answer later = answer(*gate, kRed);
  CHECK(depth(later) == 1);
  CHECK(later.cost.local_multiply_adds == 2 * kConvolution + kHead);
  gate->set_accuracy_target(0.95F);
  CHECK(answer(*gate, kRed).cost.local_multiply_adds == kWhole);
}

TEST_CASE("a mean cost is come to in real runs, and one that is no share is refused") {
  const TemporaryFolder folder;
  write_exit_bundle(folder.path() / "exits");
  GateOptions options = here();
  options.pipeline.exits_mean_cost = 0.6F;
  const auto gate = open(folder, options);
  CHECK(answer(*gate, kRed).cost.local_multiply_adds == kWhole);
  double spent = kWhole;
  for (int i = 1; i < 400; ++i) spent += static_cast<double>(answer(*gate, kRed).cost.local_multiply_adds);
  CHECK(spent / 400 / kWhole == doctest::Approx(0.6).epsilon(0.05));

  options.pipeline.exits_mean_cost = 1.5F;
  const auto refused = Gate::open((folder.path() / "exits").string(), options);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kInvalidArgument);
  CHECK(refused.error().message.find("exits_mean_cost is 1.500") != std::string::npos);
}

TEST_CASE("exits can be declined, and many inputs at once each get their own answer") {
  const TemporaryFolder folder;
  write_exit_bundle(folder.path() / "exits");
  GateOptions options = here();
  options.exits = false;
  const auto whole = open(folder, options);
  const pipeline::Answer red = answer(*whole, kRed);
  CHECK(red.kind == pipeline::AnswerKind::kLocal);
  CHECK(red.outputs.size() == 1);
  CHECK(red.cost.local_multiply_adds == 0);
  CHECK(whole->model_multiply_adds() == 0);

  const auto gate = open(folder);
  std::vector<std::future<Outcome>> outcomes;
  const ColouredPicture* const colours[] = {&kRed, &kYellow, &kOrange};
  for (int i = 0; i < 60; ++i) outcomes.push_back(gate->infer(colours[i % 3]->view));
  for (int i = 0; i < 60; ++i) {
    const Outcome outcome = outcomes[static_cast<std::size_t>(i)].get();
    const auto* got = std::get_if<pipeline::Answer>(&outcome);
    REQUIRE(got != nullptr);
    if (i % 3 == 1) {
      CHECK(got->kind == pipeline::AnswerKind::kLocal);
    } else {
      CHECK(depth(*got) == (i % 3 == 0 ? 0 : 1));
    }
  }
}

TEST_CASE("an exit that gives no numbers fails its input, and what does not fit is refused when the bundle is opened") {
  const TemporaryFolder folder;
  write_exit_bundle(folder.path() / "exits", exits::testing::toy_branches(-1, std::numeric_limits<float>::quiet_NaN()));
  const auto gate = open(folder);
  const Outcome outcome = gate->infer(kRed.view).get();
  const auto* failed = std::get_if<pipeline::Failed>(&outcome);
  REQUIRE(failed != nullptr);
  CHECK(failed->error.code == ErrorCode::kExecutionFailed);
  // Where it is closed, nobody asks it.
  gate->set_accuracy_target(0.9F);
  CHECK(depth(answer(*gate, kRed)) == 1);

  write_exit_bundle(folder.path() / "exits", exits::testing::toy_branches(-1, 4, 2));
  const auto refused = Gate::open((folder.path() / "exits").string(), here());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kShapeMismatch);
  CHECK(refused.error().message.find("place 'relu_1', exit 'exit_1'") != std::string::npos);
  GateOptions without = here();
  without.exits = false;
  CHECK(Gate::open((folder.path() / "exits").string(), without).has_value());
}

TEST_CASE("decisions of a model with early exits are made again from their record") {
  struct Sink final : pipeline::DecisionSink {
    void line(std::string_view text) override {
      const std::lock_guard lock(mutex);
      (log += text) += '\n';
    }
    std::mutex mutex;
    std::string log;
  } sink;
  const TemporaryFolder folder;
  write_exit_bundle(folder.path() / "exits");
  GateOptions options = here();
  options.decisions = &sink;
  const auto gate = open(folder, options);
  std::vector<std::string> reasons;
  for (const float target : {0.8F, 0.9F, 0.95F}) {
    gate->set_accuracy_target(target);
    for (const ColouredPicture* colour : {&kRed, &kOrange, &kYellow}) reasons.push_back(answer(*gate, *colour).reason);
  }
  gate->close();
  CHECK(reasons[0] == "exit 1 of 2 sure: 0.965 > 0.900");
  CHECK(reasons[2] == "no exit sure of 2 asked, ran whole");
  CHECK(reasons[8] == "no exit is open at this target, ran whole");

  const auto manifest = bundle::read_manifest(folder.path() / "exits");
  REQUIRE(manifest);
  std::vector<std::string> again;
  pipeline::ReplayedRun run{options.pipeline, {}};
  run.exits = true;
  const auto done = pipeline::replay(sink.log, *manifest, run,
                                     [&](const pipeline::ReplayedEnd& end) { again.push_back(end.reason); });
  CHECK_MESSAGE(done.has_value(), (done ? std::string() : describe(done.error())));
  CHECK(again == reasons);
}
