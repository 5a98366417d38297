// The gate without a server: the full model runs on this device.
#include <doctest/doctest.h>

#include <set>
#include <thread>

#include "core/model/onnx_writer.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/client/gate.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/client/grey_frame.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::client;
using namespace std::chrono_literals;
using sluice::test::GreyFrame;
using sluice::test::TemporaryFolder;
using sluice::test::write_bright_bundle;

namespace {

GateOptions local() {
  GateOptions options;
  options.pipeline.place = pipeline::ModelPlace::kLocal;
  options.pipeline.queue = pipeline::QueuePolicy::kKeepAll;
  options.pipeline.budget_ms = 60'000;
  return options;
}

// Many convolutions, one after the other, in place of the bundle's model.
void slow_the_model_down(const std::filesystem::path& folder) {
  const std::vector<float> first(64 * 3 * 9, 0.01F);
  const std::vector<float> weights(64 * 64 * 9, 0.001F);
  model::OnnxWriter writer("slow");
  writer.add_input("picture", DataType::kFloat32, {1, 3, 32, 32});
  writer.add_output("mean", DataType::kFloat32, {1, 64, 1, 1});
  writer.add_initializer("first", *view_of(std::span<const float>(first), {64, 3, 3, 3}));
  writer.add_initializer("weights", *view_of(std::span<const float>(weights), {64, 64, 3, 3}));
  const std::vector<std::int64_t> pads{1, 1, 1, 1};
  writer.add_node("Conv", {"picture", "first"}, {"x0"}, {{"pads", pads}});
  for (int i = 0; i < 200; ++i) {
    writer.add_node("Conv", {"x" + std::to_string(i), "weights"}, {"x" + std::to_string(i + 1)}, {{"pads", pads}});
  }
  writer.add_node("GlobalAveragePool", {"x200"}, {"mean"});
  auto bundle = bundle::read_bundle(folder);
  REQUIRE(bundle);
  bundle->parts["model"] = writer.finish();
  REQUIRE(bundle::replace_bundle(folder, std::move(*bundle)));
}

}  // namespace

TEST_CASE("an input whose budget ends on this device ends there and then, while the model still runs") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  slow_the_model_down(folder.path() / "bright");
  GateOptions options = local();
  options.pipeline.budget_ms = 10;
  auto gate = Gate::open(folder.path() / "bright", options);
  REQUIRE(gate);
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE((*gate)->submit(GreyFrame(250).view()));
  const auto outcome = (*gate)->next_outcome(60s);
  const auto ended = std::chrono::steady_clock::now();
  REQUIRE(outcome);
  REQUIRE(std::holds_alternative<pipeline::Failed>(*outcome));
  CHECK(std::get<pipeline::Failed>(*outcome).error.code == ErrorCode::kDeadlineExpired);
  (*gate)->close();  // waits for the model
  CHECK(std::chrono::steady_clock::now() - ended > ended - begin);
}

TEST_CASE("an input that is cancelled from another thread ends exactly once, whatever else happens to it") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  auto gate = Gate::open(folder.path() / "bright", local());
  REQUIRE(gate);
  std::set<pipeline::InputId> submitted;
  for (int i = 0; i < 100; ++i) {
    const auto id = (*gate)->submit(GreyFrame(250).view());
    REQUIRE(id);
    submitted.insert(*id);
    std::thread([&gate, id] { (*gate)->cancel(*id); }).join();
  }
  (*gate)->close();
  while (const auto outcome = (*gate)->next_outcome(0ms)) {
    const auto* answer = std::get_if<pipeline::Answer>(&*outcome);
    CHECK(submitted.erase(answer != nullptr ? answer->input : std::get<pipeline::Failed>(*outcome).input) == 1);
  }
  CHECK(submitted.empty());
}

TEST_CASE("an input of another kind than the bundle's is refused") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  auto gate = Gate::open(folder.path() / "bright", local());
  REQUIRE(gate);
  CHECK((*gate)->submit(input::TextView{"words"}).error().code == ErrorCode::kInvalidInput);
}

TEST_CASE("dark frames are skipped at once, bright ones get the model's answer") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  auto gate = Gate::open(folder.path() / "bright", local());
  REQUIRE_MESSAGE(gate.has_value(), (gate ? std::string() : describe(gate.error())));
  CHECK((*gate)->manifest().name == "bright");

  const auto dark = (*gate)->submit(GreyFrame(10).view());
  REQUIRE(dark);
  auto outcome = (*gate)->next_outcome(0ms);  // the filter answers within submit()
  REQUIRE(outcome);
  const auto* skipped = std::get_if<pipeline::Answer>(&*outcome);
  REQUIRE(skipped != nullptr);
  CHECK(skipped->input == *dark);
  CHECK(skipped->kind == pipeline::AnswerKind::kSkipped);
  CHECK(skipped->score < 0.01F);
  CHECK(skipped->threshold == doctest::Approx(0.5));
  CHECK(skipped->outputs.empty());

  const auto bright = (*gate)->submit(GreyFrame(240).view());
  REQUIRE(bright);
  outcome = (*gate)->next_outcome(60s);
  REQUIRE(outcome);
  const auto* answer = std::get_if<pipeline::Answer>(&*outcome);
  REQUIRE(answer != nullptr);
  CHECK(answer->input == *bright);
  CHECK(answer->kind == pipeline::AnswerKind::kLocal);
  REQUIRE(answer->outputs.size() == 1);
  CHECK(answer->outputs[0].name == "mean");
  CHECK(answer->outputs[0].tensor.as<float>()[0] == doctest::Approx(240));
  CHECK_FALSE((*gate)->next_outcome(0ms));
}

TEST_CASE("every one of many frames from several threads gets exactly one outcome, by queue or by future") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  auto gate = Gate::open(folder.path() / "bright", local());
  REQUIRE(gate);
  std::mutex mutex;
  std::set<pipeline::InputId> submitted;
  std::atomic<int> futures_answered{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 40; ++i) {
        const GreyFrame frame((i * 37 + t * 11) % 256);
        if (i % 4 == 0) {
          const Outcome outcome = (*gate)->infer(frame.view()).get();
          if (std::holds_alternative<pipeline::Answer>(outcome)) ++futures_answered;
          continue;
        }
        for (;;) {
          const auto id = (*gate)->submit(frame.view());
          if (id) {
            const std::lock_guard lock(mutex);
            submitted.insert(*id);
            break;
          }
          std::this_thread::sleep_for(1ms);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(submitted.size() == 90);
  CHECK(futures_answered == 30);
  while (!submitted.empty()) {
    const auto outcome = (*gate)->next_outcome(60s);
    REQUIRE(outcome);
    const auto* answer = std::get_if<pipeline::Answer>(&*outcome);
    REQUIRE(answer != nullptr);
    CHECK(submitted.erase(answer->input) == 1);
  }
  CHECK_FALSE((*gate)->next_outcome(0ms));
}

TEST_CASE("closing fails what is under way, refuses what comes later and keeps outcomes readable") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  auto gate = Gate::open(folder.path() / "bright", local());
  REQUIRE(gate);
  for (int i = 0; i < 5; ++i) REQUIRE((*gate)->submit(GreyFrame(250).view()));
  (*gate)->close();
  (*gate)->close();
  for (int i = 0; i < 5; ++i) {
    const auto outcome = (*gate)->next_outcome(0ms);
    REQUIRE(outcome);
    if (const auto* failed = std::get_if<pipeline::Failed>(&*outcome))
      CHECK(failed->error.code == ErrorCode::kCancelled);
  }
  CHECK((*gate)->submit(GreyFrame(250).view()).error().code == ErrorCode::kDisposed);
  const Outcome late = (*gate)->infer(GreyFrame(250).view()).get();
  CHECK(std::get<pipeline::Failed>(late).error.code == ErrorCode::kDisposed);
}

TEST_CASE("the accuracy target chooses the threshold") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  GateOptions options = local();
  options.accuracy_target = 0.8F;
  auto gate = Gate::open(folder.path() / "bright", options);
  REQUIRE(gate);
  REQUIRE((*gate)->submit(GreyFrame(10).view()));
  CHECK(std::get<pipeline::Answer>(*(*gate)->next_outcome(0ms)).threshold == doctest::Approx(0.9));
  CHECK((*gate)->set_accuracy_target(0.95F) == doctest::Approx(0.99));
  CHECK((*gate)->set_accuracy_target(1.0F) == 1.0F);
  REQUIRE((*gate)->submit(GreyFrame(0).view()));  // nothing is skipped any more
  CHECK(std::get<pipeline::Answer>(*(*gate)->next_outcome(60s)).kind == pipeline::AnswerKind::kLocal);
  options.accuracy_target = 1.5F;
  CHECK(Gate::open(folder.path() / "bright", options).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("unread outcomes are bounded") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  GateOptions options = local();
  options.max_unread_outcomes = 3;
  auto gate = Gate::open(folder.path() / "bright", options);
  REQUIRE(gate);
  for (int i = 0; i < 3; ++i) REQUIRE((*gate)->submit(GreyFrame(0).view()));
  const auto refused = (*gate)->submit(GreyFrame(0).view());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kTooManyInFlight);
  REQUIRE((*gate)->next_outcome(0ms));
  CHECK((*gate)->submit(GreyFrame(0).view()));
  CHECK((*gate)->submit(input::ImageView{}).error().code == ErrorCode::kInvalidImage);
}

TEST_CASE("a bundle that is not as its manifest says is refused, and only the parts needed are read") {
  const TemporaryFolder folder;
  const auto bundle = folder.path() / "bright";
  CHECK(Gate::open(bundle, local()).error().code == ErrorCode::kIoError);
  write_bright_bundle(bundle, "1.0.0", false);
  const auto missing = Gate::open(bundle, local());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kBundlePartMissing);
  CHECK(missing.error().message.find("model.onnx") != std::string::npos);
  GateOptions remote;
  remote.server = "ws://127.0.0.1:1";
  CHECK(Gate::open(bundle, remote));  // the model runs elsewhere

  std::string filter = test::read_file(bundle / "filter.onnx");
  filter[filter.size() / 2] ^= 1;
  folder.write("bright/filter.onnx", filter);
  const auto corrupt = Gate::open(bundle, remote);
  REQUIRE_FALSE(corrupt);
  CHECK(corrupt.error().code == ErrorCode::kBundlePartCorrupt);
  folder.write("bright/manifest.json", "{}");
  CHECK(Gate::open(bundle, remote).error().code == ErrorCode::kMalformedManifest);
}
