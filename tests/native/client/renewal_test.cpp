// A gate whose server comes back with another version of the bundle, against the real server: it reads the place that its bundle came
// from again and goes on, from a folder and from an address; no input is lost, whether there is a newer version or not.
#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <mutex>

#include "native/client/gate.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/client/grey_frame.hpp"
#include "tests/native/server_program.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::client;
using namespace std::chrono_literals;
using pipeline::ConnectionState;
using test::GreyFrame;
using test::ServerProgram;
using test::write_bright_bundle;

namespace {

struct Scene {
  Scene() {
    write_bright_bundle(served());
    write_bright_bundle(ours());
    server = std::make_unique<ServerProgram>((folder.path() / "server").string());
    port = server->port();
  }

  std::filesystem::path served() const { return folder.path() / "server/bright"; }
  std::filesystem::path ours() const { return folder.path() / "client/bright"; }
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port) + "/bundles/bright"; }

  std::unique_ptr<Gate> open(const std::string& bundle, GateOptions options = {}) {
    options.server = server->url();
    options.pipeline.budget_ms = 60'000;
    options.pipeline.backoff_first_ms = 50;
    options.pipeline.backoff_max_ms = 200;
    options.on_renewed = [this](const pipeline::Manifest& manifest) {
      const std::lock_guard lock(mutex);
      renewed.push_back(manifest.version);
    };
    auto gate = Gate::open(bundle, options);
    REQUIRE_MESSAGE(gate.has_value(), describe(gate.error()));
    REQUIRE((*gate)->wait_for_connection(30s).state == ConnectionState::kReady);
    return std::move(*gate);
  }

  // The server goes without a word and comes back with that version.
  void come_back_with(const std::string& version) {
    server->kill();
    write_bright_bundle(served(), version);
    server = std::make_unique<ServerProgram>((folder.path() / "server").string(), port);
  }

  std::vector<std::string> renewals() {
    const std::lock_guard lock(mutex);
    return renewed;
  }

  test::TemporaryFolder folder;
  std::unique_ptr<ServerProgram> server;
  int port = 0;
  std::mutex mutex;
  std::vector<std::string> renewed;
};

GateOptions keeping_all() {
  GateOptions options;
  options.pipeline.queue = pipeline::QueuePolicy::kKeepAll;
  return options;
}

// Submits frames and takes what comes, each outcome once.
class Stream {
 public:
  explicit Stream(Gate& gate) : gate_(gate) {}

  void submit(int frames) {
    for (int i = 0; i < frames; ++i) {
      const auto id = gate_.submit(GreyFrame(200 + i % 50, 320, 240).view());
      REQUIRE_MESSAGE(id.has_value(), describe(id.error()));
      CHECK(waiting_.emplace(*id, true).second);
    }
  }
  void take_all() {
    while (!waiting_.empty()) {
      const auto outcome = gate_.next_outcome(60s);
      REQUIRE(outcome);
      take(*outcome);
    }
  }
  void take(const Outcome& outcome) {
    if (const auto* answer = std::get_if<pipeline::Answer>(&outcome)) {
      ++answered;
      CHECK(waiting_.erase(answer->input) == 1);
      return;
    }
    const auto& failed = std::get<pipeline::Failed>(outcome);
    ++failures[failed.error.code];
    last_failure = failed.error.message;
    CHECK(waiting_.erase(failed.input) == 1);
  }

  int answered = 0;
  std::map<ErrorCode, int> failures;
  std::string last_failure;

 private:
  Gate& gate_;
  std::map<pipeline::InputId, bool> waiting_;
};

// Waits until the gate says why it is refused, with these words in it.
void wait_until_refused(Gate& gate, const std::string& words) {
  std::string said;
  for (int i = 0; i < 600 && !test::contains(said, words); ++i) {
    const ConnectionStatus status = gate.connection();
    if (status.state == ConnectionState::kBackingOff && status.why) said = describe(*status.why);
    std::this_thread::sleep_for(20ms);
  }
  CHECK_MESSAGE(test::contains(said, words), said);
}

}  // namespace

TEST_CASE("a gate whose folder holds the server's new version goes on with it, and no frame is lost") {
  Scene scene;
  auto gate = scene.open(scene.ours().string(), keeping_all());
  Stream stream(*gate);
  stream.submit(20);
  write_bright_bundle(scene.ours(), "2.0.0");
  scene.come_back_with("2.0.0");
  stream.submit(20);
  stream.take_all();
  CHECK(stream.answered == 40);
  CHECK(scene.renewals() == std::vector<std::string>{"2.0.0"});
  CHECK(gate->manifest().version == "2.0.0");
  stream.submit(3);
  stream.take_all();
  CHECK(stream.answered == 43);
}

TEST_CASE("a gate whose bundle came from the server's address fetches what is served there now, twice") {
  Scene scene;
  auto gate = scene.open(scene.address(), keeping_all());
  REQUIRE(gate->manifest().version == "1.0.0");
  Stream stream(*gate);
  for (const std::string version : {"2.0.0", "3.0.0"}) {
    stream.submit(10);
    scene.come_back_with(version);
    stream.submit(10);
    stream.take_all();
    CHECK(gate->manifest().version == version);
  }
  CHECK(stream.answered == 40);
  CHECK(scene.renewals() == std::vector<std::string>{"2.0.0", "3.0.0"});
}

TEST_CASE("where this device may run the model too, it goes on with the new one") {
  Scene scene;
  GateOptions options = keeping_all();
  options.pipeline.place = pipeline::ModelPlace::kRemoteElseLocal;
  auto gate = scene.open(scene.address(), options);
  Stream stream(*gate);
  stream.submit(10);
  scene.come_back_with("2.0.0");
  stream.submit(10);
  stream.take_all();
  CHECK(stream.answered == 20);
  for (int i = 0; i < 600 && scene.renewals().empty(); ++i) std::this_thread::sleep_for(50ms);
  CHECK(gate->manifest().version == "2.0.0");
}

TEST_CASE("a gate whose folder lags behind its server says so, and goes on once the folder has the version") {
  Scene scene;
  auto gate = scene.open(scene.ours().string(), keeping_all());
  Stream stream(*gate);
  scene.come_back_with("2.0.0");
  stream.submit(10);
  wait_until_refused(*gate, "has version '1.0.0' too");
  CHECK(gate->connection().why->code == ErrorCode::kBundleVersionMismatch);
  // Its questions still answer.
  const Outcome skipped = gate->infer(GreyFrame(0).view()).get();
  REQUIRE(std::holds_alternative<pipeline::Answer>(skipped));
  CHECK(std::get<pipeline::Answer>(skipped).kind == pipeline::AnswerKind::kSkipped);
  write_bright_bundle(scene.ours(), "2.0.0");
  stream.take_all();
  CHECK(stream.answered == 10);
}

TEST_CASE("a server that comes back with the gate's own version is gone on with") {
  Scene scene;
  auto gate = scene.open(scene.ours().string(), keeping_all());
  Stream stream(*gate);
  scene.come_back_with("2.0.0");
  stream.submit(10);
  wait_until_refused(*gate, "has version '1.0.0' too");
  scene.come_back_with("1.0.0");
  stream.take_all();
  CHECK(stream.answered == 10);
  CHECK(scene.renewals().empty());
}

TEST_CASE("a new version that is cut short is waited for until it is whole") {
  Scene scene;
  auto gate = scene.open(scene.ours().string(), keeping_all());
  write_bright_bundle(scene.ours(), "2.0.0");
  std::filesystem::resize_file(scene.ours() / "filter.onnx", 100);
  scene.come_back_with("2.0.0");
  Stream stream(*gate);
  stream.submit(2);
  wait_until_refused(*gate, "filter.onnx has 100 bytes");
  CHECK(gate->manifest().version == "1.0.0");
  write_bright_bundle(scene.ours(), "2.0.0");
  stream.take_all();
  CHECK(stream.answered == 2);
}

TEST_CASE("inputs wait for the other version by their budget, and closing cancels what waits") {
  Scene scene;
  GateOptions options = keeping_all();
  auto gate = scene.open(scene.ours().string(), options);
  scene.come_back_with("2.0.0");
  Stream stream(*gate);
  SUBCASE("closed") {
    stream.submit(5);
    gate->close();
    stream.take_all();
    CHECK(stream.failures == std::map<ErrorCode, int>{{ErrorCode::kCancelled, 5}});
  }
  SUBCASE("out of time") {
    options.server = scene.server->url();
    options.pipeline.budget_ms = 500;
    auto hasty = Gate::open(scene.ours().string(), options);
    REQUIRE(hasty);
    Stream late(**hasty);
    late.submit(5);
    late.take_all();
    CHECK(late.failures == std::map<ErrorCode, int>{{ErrorCode::kNotConnected, 5}});
    CHECK_MESSAGE(test::contains(late.last_failure, "bundle_version_mismatch"), late.last_failure);
  }
}

TEST_CASE("a log of decisions ends where the gate goes on with another version") {
  class Lines final : public pipeline::DecisionSink {
   public:
    void line(std::string_view text) override {
      const std::lock_guard lock(mutex);
      last = text;
    }
    std::mutex mutex;
    std::string last;
  } lines;
  Scene scene;
  GateOptions options = keeping_all();
  options.decisions = &lines;
  auto gate = scene.open(scene.address(), options);
  scene.come_back_with("2.0.0");
  Stream stream(*gate);
  stream.submit(4);
  stream.take_all();
  CHECK(stream.answered == 4);
  gate->close();
  CHECK(lines.last == pipeline::kLogCutOff);
}
