// Batches over the real port: inputs of several clients run together, each gets its own result, a bad one fails alone.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <thread>

#include "core/model/onnx_writer.hpp"
#include "tests/server/gated_engine.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::int64_t kValues = 6;

// y = 2x for any number of rows.
std::string doubling_onnx(std::int64_t rows = -1) {
  model::OnnxWriter onnx("doubling");
  onnx.add_input("input", DataType::kFloat32, {rows, kValues});
  onnx.add_output("output", DataType::kFloat32, {rows, kValues});
  onnx.add_node("Add", {"input", "input"}, {"output"});
  return onnx.finish();
}

// The sum over all rows: its output has no batch axis.
std::string summing_onnx() {
  model::OnnxWriter onnx("summing");
  onnx.add_input("input", DataType::kFloat32, {-1, kValues});
  onnx.add_output("output", DataType::kFloat32, {1, 1});
  onnx.add_node("ReduceSum", {"input"}, {"output"});
  return onnx.finish();
}

pipeline::Manifest batching_manifest(std::uint32_t max_batch, std::uint32_t max_delay_us = 0) {
  pipeline::Manifest manifest;
  manifest.name = "doubling";
  manifest.model.input = input::TensorSpec{.type = DataType::kFloat32, .shape = {1, kValues}};
  manifest.model.output.decoder = "none";
  manifest.batching = {.axis = 0, .max_batch = max_batch, .max_delay_us = max_delay_us};
  return manifest;
}

struct Scene {
  explicit Scene(pipeline::Manifest manifest, const std::string& onnx = doubling_onnx()) {
    write_bundle(folder.path(), std::move(manifest), onnx);
    server::ServerOptions options;
    options.workers = 1;
    options.inline_compute_us = 0;
    server = std::make_unique<TestServer>(folder.path(), options, gated(real_engine(), gate));
  }
  ~Scene() { gate->open(); }

  double batches(const std::string& left) {
    return server->metric("sluice_batches_total{left=\"" + left + "\",model=\"doubling\",version=\"1.0.0\"}");
  }
  double runs() { return server->metric(R"(sluice_batch_inputs_count{model="doubling",version="1.0.0"})"); }

  TemporaryFolder folder;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::unique_ptr<TestServer> server;
};

void send(WebSocketClient& client, std::uint64_t id, float value, std::int64_t rows = 1) {
  const std::vector<float> values(static_cast<std::size_t>(rows * kValues), value);
  wire::Request request;
  request.id = id;
  request.budget = std::chrono::seconds(25);
  request.tensors.push_back({"input", {DataType::kFloat32, {rows, kValues}, std::as_bytes(std::span(values))}});
  client.send(request);
}

// The first value of the answer.
float answer(WebSocketClient& client, std::uint64_t id, std::int64_t rows = 1) {
  const auto message = client.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::Answer>(*message));
  const auto& got = std::get<wire::Answer>(*message);
  CHECK(got.request_id == id);
  REQUIRE(got.outputs.size() == 1);
  CHECK(got.outputs[0].tensor.shape == Shape{rows, kValues});
  float first = 0;
  std::memcpy(&first, got.outputs[0].tensor.bytes.data(), sizeof first);
  return first;
}

void settle(WebSocketClient& client) {
  client.send(wire::Ping{7});
  const auto message = client.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::Pong>(*message));
}

// Several clients ask while one run stands at the gate, so that all of them wait together.
struct Crowd {
  static constexpr std::size_t kSize = 8;

  explicit Crowd(Scene& scene) {
    say_hello(first, scene.server->port(), "doubling");
    for (auto& client : others) say_hello(client, scene.server->port(), "doubling");
    scene.gate->close();
    send(first, 1, 1);
    REQUIRE(scene.gate->await_waiting(1));
  }

  WebSocketClient first;
  std::array<WebSocketClient, kSize> others;
};

}  // namespace

TEST_CASE("inputs of several clients run together, and each gets its own") {
  Scene scene(batching_manifest(4));
  {
    WebSocketClient client;  // larger batches are tried once single runs are known
    say_hello(client, scene.server->port(), "doubling");
    for (std::uint64_t id = 1; id <= 3; ++id) {
      send(client, id, 5);
      CHECK(answer(client, id) == 10);
    }
  }
  Crowd crowd(scene);
  for (std::size_t i = 0; i < Crowd::kSize; ++i) {
    send(crowd.others[i], 1, static_cast<float>(10 + i));
    settle(crowd.others[i]);
  }
  const double runs = scene.runs();
  scene.gate->open();
  CHECK(answer(crowd.first, 1) == 2);
  for (std::size_t i = 0; i < Crowd::kSize; ++i) CHECK(answer(crowd.others[i], 1) == static_cast<float>(20 + 2 * i));
  CHECK(scene.runs() - runs < 1 + Crowd::kSize);
  CHECK(scene.batches("alone") + scene.batches("best") + scene.batches("full") == scene.runs());
}

TEST_CASE("one bad input fails alone, whatever it would have run with") {
  Scene scene(batching_manifest(4));
  WebSocketClient warm;
  say_hello(warm, scene.server->port(), "doubling");
  for (std::uint64_t id = 1; id <= 3; ++id) {
    send(warm, id, 5);
    answer(warm, id);
  }
  Crowd crowd(scene);
  for (std::size_t i = 0; i < Crowd::kSize; ++i) {
    send(crowd.others[i], 1, i == 3 ? std::nanf("") : static_cast<float>(i));
    settle(crowd.others[i]);
  }
  scene.gate->open();
  for (std::size_t i = 0; i < Crowd::kSize; ++i) {
    if (i == 3) {
      const auto message = crowd.others[i].receive();
      REQUIRE(message);
      REQUIRE(std::holds_alternative<wire::ErrorMessage>(*message));
      CHECK(std::get<wire::ErrorMessage>(*message).code == ErrorCode::kInvalidInput);
    } else {
      CHECK(answer(crowd.others[i], 1) == static_cast<float>(2 * i));
    }
  }
}

TEST_CASE("a client may bring several inputs in one tensor, which run as they are") {
  Scene scene(batching_manifest(4));
  WebSocketClient client;
  say_hello(client, scene.server->port(), "doubling");
  send(client, 1, 3, 9);
  CHECK(answer(client, 1, 9) == 6);
}

TEST_CASE("an input waits for company no longer than the bundle says") {
  Scene scene(batching_manifest(4, 2000));
  WebSocketClient client;
  say_hello(client, scene.server->port(), "doubling");
  for (std::uint64_t id = 1; id <= 20; ++id) {
    send(client, id, 1);
    CHECK(answer(client, id) == 2);
  }
  CHECK(scene.batches("delay") + scene.batches("best") == 20);
}

TEST_CASE("a model that cannot run inputs together is refused with what happened") {
  TemporaryFolder folder;
  const auto start = [&](pipeline::Manifest manifest, const std::string& onnx) {
    write_bundle(folder.path(), std::move(manifest), onnx);
    server::ServerOptions options;
    options.bundles = folder.path();
    options.port = 0;
    const auto started = server::Server::start(options, real_engine(), server::Log(server::Log::Form::kSilent));
    REQUIRE(!started);
    CHECK(started.error().code == ErrorCode::kMalformedManifest);
    return started.error().message;
  };
  CHECK(start(batching_manifest(4), doubling_onnx(1)).find("batching.axis 0: two inputs at once") != std::string::npos);
  CHECK(start(batching_manifest(4), summing_onnx()).find("'output'") != std::string::npos);
  auto deep = batching_manifest(4);
  deep.batching.axis = 5;
  CHECK(start(deep, doubling_onnx()).find("[1, 6]") != std::string::npos);
}
