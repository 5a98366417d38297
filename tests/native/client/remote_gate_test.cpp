// The gate against the real server, which comes, goes and comes back.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <set>

#include "core/model/onnx_writer.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/client/gate.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/client/grey_frame.hpp"
#include "tests/native/client/patient_options.hpp"
#include "tests/native/server_program.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::client;
using namespace std::chrono_literals;
using pipeline::ConnectionState;
using sluice::test::GreyFrame;
using sluice::test::patient_options;
using sluice::test::ServerProgram;
using sluice::test::TemporaryFolder;
using sluice::test::write_bright_bundle;

namespace {

// What the gate said about its connection, in order.
class Witness {
 public:
  void operator()(const ConnectionStatus& status) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(status);
  }
  std::vector<ConnectionStatus> seen(ConnectionState state) const {
    const std::lock_guard lock(mutex_);
    std::vector<ConnectionStatus> matching;
    for (const ConnectionStatus& status : seen_) {
      if (status.state == state) matching.push_back(status);
    }
    return matching;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ConnectionStatus> seen_;
};

ConnectionStatus wait_until(Gate& gate, ConnectionState state) {
  for (int i = 0; i < 600; ++i) {
    const ConnectionStatus status = gate.connection();
    if (status.state == state) return status;
    std::this_thread::sleep_for(50ms);
  }
  return gate.connection();
}

}  // namespace

TEST_CASE("bright frames cross the network and come back answered") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  ServerProgram server(folder.path().string());
  auto gate = Gate::open(folder.path() / "bright", patient_options(server.url()));
  REQUIRE(gate);
  REQUIRE((*gate)->wait_for_connection(30s).state == ConnectionState::kReady);
  int skipped = 0;
  for (int level : {0, 250, 20, 200}) {
    const Outcome outcome = (*gate)->infer(GreyFrame(level).view()).get();
    const auto* answer = std::get_if<pipeline::Answer>(&outcome);
    REQUIRE_MESSAGE(answer != nullptr, describe(std::get<pipeline::Failed>(outcome).error));
    if (answer->kind == pipeline::AnswerKind::kSkipped) {
      ++skipped;
      CHECK(answer->cost.bytes_up == 0);
      continue;
    }
    CHECK(answer->kind == pipeline::AnswerKind::kRemote);
    REQUIRE(answer->outputs.size() == 1);
    CHECK(std::abs(answer->outputs[0].tensor.as<float>()[1] - static_cast<float>(level)) < 3);
    CHECK(answer->cost.bytes_up > 100);
    CHECK(answer->cost.bytes_down > 10);
    CHECK(answer->cost.round_trip.count() > 0);
    CHECK(answer->cost.server_compute.count() > 0);
  }
  CHECK(skipped == 2);
}

TEST_CASE("a server gone in mid-stream is reported, reconnected to with back-off, and no frame is lost silently") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  auto server = std::make_unique<ServerProgram>(folder.path().string());
  const int port = server->port();
  auto witness = std::make_shared<Witness>();
  GateOptions options = patient_options(server->url());
  options.on_connection = [witness](const ConnectionStatus& status) { (*witness)(status); };
  auto gate = Gate::open(folder.path() / "bright", options);
  REQUIRE(gate);
  REQUIRE((*gate)->wait_for_connection(30s).state == ConnectionState::kReady);

  std::set<pipeline::InputId> waiting;
  const auto submit = [&](int frames) {
    for (int i = 0; i < frames; ++i) {
      const auto id = (*gate)->submit(GreyFrame(200 + i % 50, 320, 240).view());
      REQUIRE(id);
      waiting.insert(*id);
    }
  };
  int answered = 0;
  const auto take = [&](std::chrono::milliseconds timeout) {
    const auto outcome = (*gate)->next_outcome(timeout);
    if (!outcome) return false;
    const auto* answer = std::get_if<pipeline::Answer>(&*outcome);
    if (answer != nullptr) ++answered;
    const auto id = answer != nullptr ? answer->input : std::get<pipeline::Failed>(*outcome).input;
    CHECK(waiting.erase(id) == 1);
    return true;
  };

  submit(20);
  REQUIRE(take(60s));
  server->kill();
  submit(20);  // while it is gone
  const ConnectionStatus lost = wait_until(**gate, ConnectionState::kBackingOff);
  REQUIRE(lost.why);
  // Several attempts, each with a reason, the pauses growing.
  while (witness->seen(ConnectionState::kBackingOff).size() < 4) std::this_thread::sleep_for(20ms);
  const auto pauses = witness->seen(ConnectionState::kBackingOff);
  for (const ConnectionStatus& pause : pauses) CHECK(pause.why);
  CHECK(pauses[0].why->code == ErrorCode::kConnectionLost);
  CHECK(pauses[1].why->code == ErrorCode::kNotConnected);
  CHECK(pauses[1].why->message.find(std::to_string(port)) != std::string::npos);
  CHECK(pauses[3].retry_in_ms > pauses[0].retry_in_ms);

  server = std::make_unique<ServerProgram>(folder.path().string(), port);
  submit(20);
  while (!waiting.empty()) REQUIRE(take(60s));
  CHECK(answered == 60);  // the budget was long enough for all
  CHECK_FALSE((*gate)->next_outcome(100ms));
  CHECK(witness->seen(ConnectionState::kReady).size() == 2);
}

TEST_CASE("a port that nobody listens on is named, with what to do") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  auto gate = Gate::open(folder.path() / "bright", patient_options("ws://127.0.0.1:1"));
  REQUIRE(gate);
  const ConnectionStatus status = (*gate)->wait_for_connection(30s);
  REQUIRE(status.why);
  CHECK(status.why->code == ErrorCode::kNotConnected);
  CHECK(status.why->message ==
        "cannot connect to ws://127.0.0.1:1/v1/stream: 127.0.0.1:1 refused the connection, so no server listens there; "
        "start "
        "one, or name the address of another");
}

TEST_CASE("an answer above the size that the gate allows says so, and how large that is") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  auto bundle = bundle::read_bundle(folder.path() / "bright");
  REQUIRE(bundle);
  model::OnnxWriter writer("echo");  // answers with 12 kB
  writer.add_input("picture", DataType::kFloat32, {1, 3, 32, 32});
  writer.add_output("same", DataType::kFloat32, {1, 3, 32, 32});
  writer.add_node("Relu", {"picture"}, {"same"});
  bundle->parts["model"] = writer.finish();
  REQUIRE(bundle::replace_bundle(folder.path() / "bright", std::move(*bundle)));
  ServerProgram server(folder.path().string());
  GateOptions options = patient_options(server.url());
  options.pipeline.budget_ms = 1000;
  options.pipeline.max_message_bytes = 8192;
  auto witness = std::make_shared<Witness>();
  options.on_connection = [witness](const ConnectionStatus& status) { (*witness)(status); };
  auto gate = Gate::open(folder.path() / "bright", options);
  REQUIRE(gate);
  const Outcome outcome = (*gate)->infer(GreyFrame(250).view()).get();
  REQUIRE(std::holds_alternative<pipeline::Failed>(outcome));
  const auto lost = witness->seen(ConnectionState::kBackingOff);
  REQUIRE_FALSE(lost.empty());
  CHECK(lost[0].why->code == ErrorCode::kMessageTooLarge);
  CHECK_MESSAGE(lost[0].why->message.find("more than 8192 bytes") != std::string::npos, lost[0].why->message);
}

TEST_CASE("frames whose budget ends without a server say so") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  int port = 0;
  {
    ServerProgram server(folder.path().string());
    port = server.port();
  }  // nobody listens there now
  GateOptions options = patient_options("ws://127.0.0.1:" + std::to_string(port));
  options.pipeline.budget_ms = 200;
  auto gate = Gate::open(folder.path() / "bright", options);
  REQUIRE(gate);
  const Outcome outcome = (*gate)->infer(GreyFrame(255).view()).get();
  const Error& error = std::get<pipeline::Failed>(outcome).error;
  CHECK(error.code == ErrorCode::kNotConnected);
  CHECK(error.message.find(std::to_string(port)) != std::string::npos);
}

TEST_CASE("while there is no server, frames run on this device, and on the server once it is there") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  int port = 0;
  {
    port = ServerProgram(folder.path().string()).port();
  }
  GateOptions options = patient_options("ws://127.0.0.1:" + std::to_string(port));
  options.pipeline.place = pipeline::ModelPlace::kRemoteElseLocal;
  auto gate = Gate::open(folder.path() / "bright", options);
  REQUIRE(gate);
  const Outcome here = (*gate)->infer(GreyFrame(230).view()).get();
  REQUIRE(std::holds_alternative<pipeline::Answer>(here));
  CHECK(std::get<pipeline::Answer>(here).kind == pipeline::AnswerKind::kLocal);
  ServerProgram server(folder.path().string(), port);
  REQUIRE(wait_until(**gate, ConnectionState::kReady).state == ConnectionState::kReady);
  const Outcome there = (*gate)->infer(GreyFrame(230).view()).get();
  REQUIRE(std::holds_alternative<pipeline::Answer>(there));
  CHECK(std::get<pipeline::Answer>(there).kind == pipeline::AnswerKind::kRemote);
}

TEST_CASE("another version of the bundle is refused with both versions named") {
  const TemporaryFolder server_folder;
  const TemporaryFolder client_folder;
  write_bright_bundle(server_folder.path() / "bright", "2.0.0");
  write_bright_bundle(client_folder.path() / "bright", "1.0.0");
  ServerProgram server(server_folder.path().string());
  GateOptions options = patient_options(server.url());
  options.pipeline.budget_ms = 500;
  auto gate = Gate::open(client_folder.path() / "bright", options);
  REQUIRE(gate);
  const ConnectionStatus status = (*gate)->wait_for_connection(30s);
  CHECK(status.state == ConnectionState::kBackingOff);
  REQUIRE(status.why);
  CHECK(status.why->code == ErrorCode::kBundleVersionMismatch);
  CHECK(status.why->message.find("1.0.0") != std::string::npos);
  CHECK(status.why->message.find("2.0.0") != std::string::npos);
  const Outcome outcome = (*gate)->infer(GreyFrame(255).view()).get();
  CHECK(std::get<pipeline::Failed>(outcome).error.code == ErrorCode::kNotConnected);
}

TEST_CASE("closing while a server is gone, or never was, returns soon and cancels") {
  const TemporaryFolder folder;
  write_bright_bundle(folder.path() / "bright");
  auto gate = Gate::open(folder.path() / "bright", patient_options("ws://127.0.0.1:1"));
  REQUIRE(gate);
  REQUIRE((*gate)->submit(GreyFrame(255).view()));
  (*gate)->close();
  const auto outcome = (*gate)->next_outcome(0ms);
  REQUIRE(outcome);
  CHECK(std::get<pipeline::Failed>(*outcome).error.code == ErrorCode::kCancelled);
  CHECK(Gate::open(folder.path() / "bright", patient_options("nonsense://x")).error().code ==
        ErrorCode::kInvalidArgument);
}
