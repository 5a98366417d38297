// A model in two halves from picture to answer: the gate runs the device half, the real server the remote one.
#include <doctest/doctest.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "native/bundle/bundle_folder.hpp"
#include "native/client/gate.hpp"
#include "tests/native/client/patient_options.hpp"
#include "tests/native/server_program.hpp"
#include "tests/native/split_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::client;
using namespace std::chrono_literals;
using namespace sluice::test;

namespace {

// One colour all over.
struct Colour {
  Colour(int red, int green, int blue, std::uint32_t side = kSplitSide) {
    for (std::uint32_t i = 0; i < side * side; ++i) {
      for (const int value : {red, green, blue}) pixels.push_back(static_cast<std::uint8_t>(value));
    }
    view = *input::make_image(input::PixelFormat::kRgb8, side, side, std::as_bytes(std::span(pixels)));
  }
  std::vector<std::uint8_t> pixels;
  input::ImageView view;
};

pipeline::Answer answer(Gate& gate, const input::InputView& input) {
  Outcome outcome = gate.infer(input).get();
  const auto* failed = std::get_if<pipeline::Failed>(&outcome);
  REQUIRE_MESSAGE(failed == nullptr, describe(failed->error));
  return std::get<pipeline::Answer>(std::move(outcome));
}

std::int32_t channels_of(const pipeline::Answer& answer) {
  REQUIRE(answer.outputs.size() == 2);
  CHECK(answer.outputs[1].name == "channels");
  return answer.outputs[1].tensor.as<std::int32_t>()[0];
}

std::vector<float> logits_of(const pipeline::Answer& answer) {
  const auto values = answer.outputs.at(0).tensor.as<float>();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("features go to the server and come back as an answer that the guess is put to") {
  const TemporaryFolder folder;
  write_split_bundle(folder.path() / "halves");
  ServerProgram server(folder.path().string());
  auto gate = Gate::open((folder.path() / "halves").string(), patient_options(server.url()));
  REQUIRE_MESSAGE(gate.has_value(), (gate ? std::string() : describe(gate.error())));
  REQUIRE((*gate)->wait_for_connection(30s).state == pipeline::ConnectionState::kReady);

  const Colour colour(200, 60, 130);
  const pipeline::Answer all = answer(**gate, colour.view);
  CHECK(all.kind == pipeline::AnswerKind::kSplit);
  CHECK(channels_of(all) == 3);
  CHECK(logits_of(all) == std::vector<float>{80, -64, 0});  // steps of 16, from -8 to 7
  CHECK(all.cost.server_compute.count() > 0);
  CHECK(all.cost.local_compute.count() > 0);
  CHECK(all.cost.bytes_up > 96);  // 192 features of 4 bits
  CHECK(all.cost.bytes_up < 160);

  CHECK((*gate)->set_accuracy_target(0.7F) == doctest::Approx(0.7));
  const pipeline::Answer red = answer(**gate, colour.view);
  CHECK(channels_of(red) == 1);
  CHECK(logits_of(red) == std::vector<float>{0.5F * 72 + 0.5F * 80, 0.5F * -68, 0.5F * 2});
  CHECK(red.cost.bytes_up < all.cost.bytes_up / 2 + 40);

  (*gate)->set_accuracy_target(0.5F);
  const pipeline::Answer guess = answer(**gate, colour.view);
  CHECK(channels_of(guess) == 0);
  CHECK(guess.cost.bytes_up == 0);
  CHECK(logits_of(guess) == std::vector<float>{72, -68, 2});

  CHECK((*gate)->set_accuracy_target(0.95F) == doctest::Approx(1));
  const pipeline::Answer whole = answer(**gate, colour.view);
  CHECK(whole.kind == pipeline::AnswerKind::kRemote);
  CHECK(whole.outputs.size() == 1);
}

TEST_CASE("pictures of other sizes are fitted as the model fits them, and split can be declined") {
  const TemporaryFolder folder;
  write_split_bundle(folder.path() / "halves");
  ServerProgram server(folder.path().string());
  GateOptions options = patient_options(server.url());
  auto gate = Gate::open((folder.path() / "halves").string(), options);
  REQUIRE(gate);
  REQUIRE((*gate)->wait_for_connection(30s).state == pipeline::ConnectionState::kReady);
  CHECK(logits_of(answer(**gate, Colour(200, 60, 130, 64).view)) == std::vector<float>{80, -64, 0});
  options.split = false;
  auto plain = Gate::open((folder.path() / "halves").string(), options);
  REQUIRE(plain);
  CHECK(answer(**plain, Colour(200, 60, 130).view).kind == pipeline::AnswerKind::kRemote);
}

TEST_CASE("a server that goes leaves the guess, and one that comes back answers again") {
  const TemporaryFolder folder;
  write_split_bundle(folder.path() / "halves");
  auto server = std::make_unique<ServerProgram>(folder.path().string());
  const int port = server->port();
  auto gate = Gate::open((folder.path() / "halves").string(), patient_options(server->url()));
  REQUIRE(gate);
  REQUIRE((*gate)->wait_for_connection(30s).state == pipeline::ConnectionState::kReady);
  const Colour colour(200, 60, 130);
  CHECK(channels_of(answer(**gate, colour.view)) == 3);
  server.reset();
  std::set<std::int32_t> seen;
  for (int i = 0; i < 200; ++i) {
    const pipeline::Answer got = answer(**gate, colour.view);
    CHECK(got.kind == pipeline::AnswerKind::kSplit);
    seen.insert(channels_of(got));
  }
  CHECK(seen == std::set<std::int32_t>{0});
  server = std::make_unique<ServerProgram>(folder.path().string(), port);
  for (int i = 0; i < 600 && (*gate)->connection().state != pipeline::ConnectionState::kReady; ++i) {
    std::this_thread::sleep_for(50ms);
  }
  CHECK(channels_of(answer(**gate, colour.view)) == 3);
}

TEST_CASE("decisions of a model in two halves are made again from their record") {
  struct Sink final : pipeline::DecisionSink {
    void line(std::string_view text) override {
      const std::lock_guard lock(mutex);
      log += text;
      log += '\n';
    }
    std::mutex mutex;
    std::string log;
  } sink;
  const TemporaryFolder folder;
  write_split_bundle(folder.path() / "halves");
  auto server = std::make_unique<ServerProgram>(folder.path().string());
  GateOptions options = patient_options(server->url());
  options.pipeline.client_name = "recorder";
  options.decisions = &sink;
  auto gate = Gate::open((folder.path() / "halves").string(), options);
  REQUIRE(gate);
  REQUIRE((*gate)->wait_for_connection(30s).state == pipeline::ConnectionState::kReady);
  const Colour colour(200, 60, 130);
  std::vector<std::string> ended;
  for (const float target : {0.9F, 0.7F, 0.95F, 0.5F}) {
    (*gate)->set_accuracy_target(target);
    ended.emplace_back(kind_name(answer(**gate, colour.view).kind));
  }
  CHECK(ended == std::vector<std::string>{"split", "split", "remote", "split"});
  server.reset();
  ended.emplace_back(kind_name(answer(**gate, colour.view).kind));  // the guess
  (*gate)->close();

  const auto manifest = bundle::read_manifest(folder.path() / "halves");
  REQUIRE(manifest);
  const auto replayed = [&](const std::string& log) {
    std::vector<std::string> how;
    const auto done = pipeline::replay(log, *manifest, {options.pipeline, {}, 1, 3},
                                       [&](const pipeline::ReplayedEnd& end) { how.push_back(end.how); });
    CHECK_MESSAGE(done.has_value(), (done ? std::string() : describe(done.error())));
    return how;
  };
  CHECK(replayed(sink.log) == ended);

  std::string without;  // what the halves gave is needed
  std::istringstream lines(sink.log);
  std::size_t halves = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" halves ") != std::string::npos) ++halves;
    else without += line + '\n';
  }
  CHECK(halves == 4);
  const auto failed = replayed(without);
  // From the first such input on; what comes after it is numbered otherwise than it was.
  REQUIRE(failed.size() == ended.size());
  CHECK(failed.front() == "invalid_argument");
  CHECK(failed != ended);

  pipeline::Manifest whole = *manifest;
  whole.split.reset();
  const auto refused = pipeline::replay(sink.log, whole, {options.pipeline, {}, 1, 3}, [](const auto&) {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("the bundle 'halves' has none") != std::string::npos);
}

TEST_CASE("a device half that cannot be read is refused when the bundle is opened, naming the part") {
  const TemporaryFolder folder;
  write_split_bundle(folder.path() / "halves", {1, 2, 3});
  const auto gate = Gate::open((folder.path() / "halves").string(), patient_options("ws://127.0.0.1:1"));
  REQUIRE_FALSE(gate.has_value());
  CHECK(gate.error().code == ErrorCode::kMalformedModel);
  CHECK(gate.error().message.find("part 'device'") != std::string::npos);
}
