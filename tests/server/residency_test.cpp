// More models than memory: who comes, who goes, and what requests for those that are not there get.
#include <doctest/doctest.h>
#include <rapidjson/document.h>

#include <cstring>
#include <map>
#include <thread>

#include "core/model/onnx_writer.hpp"
#include "tests/server/ballast_model.hpp"
#include "tests/server/gated_engine.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::size_t kModelBytes = 1'200'000;
constexpr std::uint32_t kBudgetMb = 4;  // three of them
constexpr auto kLong = std::chrono::seconds(25);

std::string name_of(int model) { return "m" + std::to_string(model); }

class Asker {
 public:
  Asker(std::uint16_t port, const std::string& bundle) { say_hello(socket_, port, bundle); }

  void send(Duration budget = kLong) {
    const std::uint64_t id = ++sent_;
    const std::vector<float> values(std::size_t{3} * kBallastSide * kBallastSide, static_cast<float>(id));
    wire::Request request;
    request.id = id;
    request.budget = budget;
    request.tensors.push_back(
        {"input", {DataType::kFloat32, {1, 3, kBallastSide, kBallastSide}, std::as_bytes(std::span(values))}});
    socket_.send(request);
  }

  // The error of the oldest request without one; no code: it was answered.
  wire::ErrorMessage receive() {
    const auto message = socket_.receive();
    REQUIRE(message);
    if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) return *error;
    REQUIRE(std::holds_alternative<wire::Answer>(*message));
    const auto& answer = std::get<wire::Answer>(*message);
    float first = 0;
    std::memcpy(&first, answer.outputs.at(0).tensor.bytes.data(), sizeof first);
    CHECK(first == static_cast<float>(answer.request_id));
    return {answer.request_id, ErrorCode{}, {}, 0};
  }

  wire::ErrorMessage ask(Duration budget = kLong) {
    send(budget);
    return receive();
  }
  bool is_answered(Duration budget = kLong) { return ask(budget).code == ErrorCode{}; }

 private:
  WebSocketClient socket_;
  std::uint64_t sent_ = 0;
};

struct Scene {
  explicit Scene(int models = 10, server::ServerOptions chosen = {}) : options(std::move(chosen)) {
    for (int i = 0; i < models; ++i) write(name_of(i), ballast_onnx(kModelBytes));
    options.model_memory_mb = kBudgetMb;
    options.repository_api = true;
    options.workers = 2;
  }
  ~Scene() { gate->open(); }

  void start() { server = std::make_unique<TestServer>(folder.path(), options, gated(real_engine(), gate)); }

  void write(const std::string& name, const std::string& onnx, const std::string& version = kVersion) {
    pipeline::Manifest manifest;
    manifest.name = name;
    manifest.model.input = input::ImageSpec{.width = kBallastSide, .height = kBallastSide};
    manifest.model.output.decoder = "none";
    write_bundle(folder.path(), manifest, onnx, version);
  }

  std::uint16_t port() const { return server->port(); }
  double loads(const std::string& outcome) {
    return server->metric("sluice_model_loads_total{outcome=\"" + outcome + "\"}");
  }

  struct Row {
    std::string state, reason, memory;
  };
  std::map<std::string, Row> index() const {
    const auto answer = http_request(port(), "POST", "/v2/repository/index");
    REQUIRE(answer.status == 200);
    rapidjson::Document json;
    json.Parse(answer.body.c_str());
    std::map<std::string, Row> rows;
    for (const auto& row : json.GetArray()) {
      rows[row["name"].GetString()] = {row["state"].GetString(), row["reason"].GetString(),
                                       row.HasMember("memory") ? row["memory"].GetString() : ""};
    }
    return rows;
  }

  // Returns once the model stands there; false when it never does.
  bool await(const std::string& name, const std::string& memory) const {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (index()[name].memory != memory) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  server::ServerOptions options;
  TemporaryFolder folder;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::unique_ptr<TestServer> server;
};

}  // namespace

TEST_CASE("ten models on memory for three: sessions outlast what goes and comes back, and pinned ones stay") {
  server::ServerOptions options;
  options.pins = {"m7"};
  Scene scene(10, options);
  scene.start();
  CHECK(scene.index()["m7"].memory == "resident");
  CHECK(scene.index()["m0"].memory == "cold");
  CHECK(scene.index()["m0"].state == "READY");
  std::vector<std::unique_ptr<Asker>> askers;
  for (int i = 0; i < 10; ++i) askers.push_back(std::make_unique<Asker>(scene.port(), name_of(i)));
  for (int round = 0; round < 3; ++round) {
    for (const auto& asker : askers) {
      CHECK(asker->is_answered());
      CHECK(scene.server->metric("sluice_models{memory=\"resident\"}") <= 3);
      CHECK(scene.server->metric("sluice_model_memory_bytes") <= kBudgetMb << 20);
    }
    CHECK(scene.index()["m7"].memory == "resident");
  }
  CHECK(scene.loads("loaded") >= 10 + 7);  // all once, and again those that were not among the three
  CHECK(scene.server->metric("sluice_model_evictions_total") == scene.loads("loaded") - 3);
  // But for a load that was quicker than the request's way to its place among those who wait.
  CHECK(scene.server->metric("sluice_load_wait_seconds_count") > 0);
  CHECK(scene.server->metric("sluice_load_wait_seconds_count") < scene.loads("loaded"));
  CHECK(http_get(scene.port(), "/v2/models/m7/ready").body.find("resident") != std::string::npos);
  // What clients fetch comes from the files.
  CHECK(http_get(scene.port(), "/bundles/m0/model.onnx").body.size() > kModelBytes);
  CHECK(http_get(scene.port(), "/v2/models/m0").body.find("FP32") != std::string::npos);
}

TEST_CASE("all who wait for a model wait for one load of it") {
  Scene scene(2);
  scene.start();
  scene.gate->close();
  std::vector<std::unique_ptr<Asker>> askers;
  for (int i = 0; i < 5; ++i) {
    askers.push_back(std::make_unique<Asker>(scene.port(), "m0"));
    askers.back()->send();
  }
  REQUIRE(scene.gate->await_waiting(1));  // the load's warm-up
  while (scene.server->metric("sluice_pending_requests") != 5) std::this_thread::yield();
  CHECK(scene.index()["m0"].memory == "loading");
  scene.gate->open();
  for (const auto& asker : askers) CHECK(asker->receive().code == ErrorCode{});
  CHECK(scene.loads("loaded") == 1);
  CHECK(scene.server->metric("sluice_load_wait_seconds_count") == 5);
}

TEST_CASE("a request that a load would make late is refused at once, and the model comes all the same") {
  Scene scene(4);
  scene.start();
  Asker asker(scene.port(), "m0");
  scene.gate->close();
  asker.send();
  REQUIRE(scene.gate->await_waiting(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));  // what its load takes, at least
  scene.gate->open();
  CHECK(asker.receive().code == ErrorCode{});
  // So dear a model goes only for others that are asked for much more often.
  for (const char* other : {"m1", "m2"}) {
    Asker others(scene.port(), other);
    for (int i = 0; i < 1000; ++i) REQUIRE(others.is_answered());
  }
  CHECK(scene.index()["m0"].memory == "resident");
  Asker newcomer(scene.port(), "m3");
  CHECK(newcomer.is_answered());
  REQUIRE(scene.index()["m0"].memory == "cold");
  scene.gate->close();  // else it may be there before anybody has looked
  const auto refused = asker.ask(std::chrono::milliseconds(1000));
  CHECK(refused.code == ErrorCode::kOverloaded);
  CHECK(refused.retry_after_ms > 1000);
  CHECK(refused.message.find("not in memory") != std::string::npos);
  scene.gate->open();
  REQUIRE(scene.await("m0", "resident"));
  CHECK(asker.is_answered());
}

TEST_CASE("a deadline that passes during a load ends the request and not the load") {
  Scene scene(2);
  scene.start();
  Asker asker(scene.port(), "m0");
  scene.gate->close();
  CHECK(asker.ask(std::chrono::milliseconds(300)).code == ErrorCode::kDeadlineExpired);
  REQUIRE(scene.gate->await_waiting(1));
  CHECK(scene.server->metric("sluice_pending_requests") == 0);
  scene.gate->open();
  REQUIRE(scene.await("m0", "resident"));
  CHECK(asker.is_answered());
  CHECK(scene.loads("loaded") == 1);
}

TEST_CASE("a model that cannot be loaded is refused with its error, after a pause tried again, and harms no other") {
  Scene scene(2);
  model::OnnxWriter onnx("strange");
  onnx.add_input("input", DataType::kFloat32, {1, 3, kBallastSide, kBallastSide});
  onnx.add_output("output", DataType::kFloat32, {1, 3, kBallastSide, kBallastSide});
  onnx.add_node("NoSuchOperator", {"input"}, {"output"});
  scene.write("strange", onnx.finish());
  scene.start();
  Asker strange(scene.port(), "strange");
  Asker good(scene.port(), "m0");
  CHECK(good.is_answered());
  const auto failed = strange.ask();
  CHECK(failed.code == ErrorCode::kMalformedModel);
  CHECK(failed.retry_after_ms > 0);
  CHECK(failed.message.find("strange") != std::string::npos);
  const auto row = scene.index()["strange"];
  CHECK(row.state == "UNAVAILABLE");
  CHECK(row.reason.find("NoSuchOperator") != std::string::npos);
  CHECK(http_get(scene.port(), "/v2/models/strange/ready").status == 503);
  CHECK(strange.ask().code == ErrorCode::kMalformedModel);  // without another load, or with one, after the pause
  CHECK(good.is_answered());
  // Mended, and loaded by request, it is served again.
  scene.write("strange", ballast_onnx(8));
  CHECK(http_request(scene.port(), "POST", "/v2/repository/models/strange/load").status == 200);
  CHECK(scene.index()["strange"].memory == "resident");
  Asker mended(scene.port(), "strange");
  CHECK(mended.is_answered());
}

TEST_CASE(
    "a new version of a model that is not in memory is not loaded for that; who holds the old one hears that it is "
    "gone") {
  Scene scene(2);
  scene.start();
  Asker old(scene.port(), "m0");
  scene.write("m0", ballast_onnx(kModelBytes / 2), "2.0.0");
  (*scene.server)->reload();
  while (scene.server->metric("sluice_bundle_loads_total{outcome=\"loaded\"}") < 3) std::this_thread::yield();
  CHECK(scene.loads("loaded") == -1);
  CHECK(scene.index()["m0"].memory == "cold");
  const auto gone = old.ask();
  CHECK(gone.code == ErrorCode::kBundlePartCorrupt);
  WebSocketClient client;
  REQUIRE(client.connect(scene.port()));
  wire::Hello hello;
  hello.bundle = "m0";
  hello.bundle_version = "2.0.0";
  client.send(hello);
  const auto welcome = client.receive();
  REQUIRE(welcome);
  CHECK(std::holds_alternative<wire::Welcome>(*welcome));
  CHECK(http_request(scene.port(), "POST", "/v2/repository/models/m0/load").status == 200);
  CHECK(scene.index()["m0"].memory == "resident");
  CHECK(http_request(scene.port(), "POST", "/v2/repository/models/m0/unload").status == 200);
  CHECK(scene.index()["m0"].memory.empty());
}

TEST_CASE("a new version of a model that is in memory is loaded before it takes the old one's place") {
  Scene scene(2);
  scene.start();
  Asker asker(scene.port(), "m0");
  CHECK(asker.is_answered());
  scene.write("m0", ballast_onnx(kModelBytes / 2), "2.0.0");
  CHECK(http_request(scene.port(), "POST", "/v2/repository/models/m0/load").status == 200);
  CHECK(scene.index()["m0"].memory == "resident");
  CHECK(asker.is_answered());  // the old version, as long as it stays in memory
  scene.write("m0", "no model at all", "3.0.0");
  CHECK(http_request(scene.port(), "POST", "/v2/repository/models/m0/load").status >= 400);
  Asker still_first(scene.port(), "m1");
  CHECK(still_first.is_answered());
  CHECK(scene.index()["m0"].memory == "resident");
}

TEST_CASE("pins that cannot be kept end the start") {
  Scene scene(2);
  scene.options.bundles = scene.folder.path();
  scene.options.port = 0;
  const auto start_error = [&] {
    auto started = server::Server::start(scene.options, real_engine(), server::Log(server::Log::Form::kSilent));
    REQUIRE(!started);
    return started.error().code;
  };
  scene.options.pins = {"nobody"};
  CHECK(start_error() == ErrorCode::kNotFound);
  scene.options.strict = true;
  scene.write("m1", ballast_onnx(std::size_t{kBudgetMb} << 20));
  scene.options.pins = {"m1"};
  CHECK(start_error() == ErrorCode::kModelTooLarge);
}
