// Answers that the server gave to one client, handed to another: over the real port, with a bundle that allows it.
#include "server/models/shared_answers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

#include "core/model/onnx_writer.hpp"
#include "core/output/detection.hpp"
#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/table.hpp"
#include "server/models/served_model.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

using Numbers = std::array<float, 2>;

// y = 2x, and weights that nobody uses.
std::string doubling_onnx(std::size_t ballast_bytes = 0) {
  model::OnnxWriter onnx("doubling");
  const std::vector<float> ballast(ballast_bytes / sizeof(float), 1.0F);
  const auto size = static_cast<std::int64_t>(ballast.size());
  if (size != 0) onnx.add_initializer("ballast", {DataType::kFloat32, {size}, std::as_bytes(std::span(ballast))});
  onnx.add_input("input", DataType::kFloat32, {1, 2});
  onnx.add_output("output", DataType::kFloat32, {1, 2});
  onnx.add_node("Add", {"input", "input"}, {"output"});
  return onnx.finish();
}

// Embeds two numbers as themselves.
std::string embedding_onnx() {
  model::OnnxWriter onnx("embedding");
  onnx.add_input("input", DataType::kFloat32, {1, 2});
  onnx.add_output("embedding", DataType::kFloat32, {1, 2});
  onnx.add_node("Relu", {"input"}, {"embedding"});
  return onnx.finish();
}

// Embeds a picture as its mean red, green and blue.
std::string colours_onnx() {
  model::OnnxWriter onnx("colours");
  onnx.add_input("picture", DataType::kFloat32, {1, 3, 2, 2});
  onnx.add_output("embedding", DataType::kFloat32, {1, 3});
  onnx.add_node("GlobalAveragePool", {"picture"}, {"pooled"});
  onnx.add_node("Flatten", {"pooled"}, {"embedding"});
  return onnx.finish();
}

pipeline::Manifest manifest_with(questions::ReuseSpec spec) {
  pipeline::Manifest manifest;
  manifest.name = "doubling";
  manifest.model.input = input::TensorSpec{.type = DataType::kFloat32, .shape = {1, 2}};
  manifest.model.output.decoder = "none";
  manifest.agree_when = {.rule = "numbers", .tolerance = 0.5F};
  spec.part = "filter";
  spec.output = "embedding";
  spec.operating_points = {{.target = 0.9F, .confidence = 0.95F, .threshold = 0.5F, .filter_rate = 0.5F}};
  manifest.questions = {{&questions::kReuseRow, std::make_shared<questions::ReuseSpec>(std::move(spec))}};
  return manifest;
}

questions::ReuseSpec shared_spec() {
  questions::ReuseSpec spec;
  spec.shared = true;
  spec.input = input::TensorSpec{.type = DataType::kFloat32, .shape = {1, 2}};
  spec.neighbours = 1;
  return spec;
}

struct Scene {
  explicit Scene(const questions::ReuseSpec& spec, server::ServerOptions options = {}, std::size_t ballast_bytes = 0) {
    write_bundle_with_filter(folder.path(), manifest_with(spec), doubling_onnx(ballast_bytes), embedding_onnx());
    server = std::make_unique<TestServer>(folder.path(), options, real_engine());
  }
  double reused() { return server->metric(R"(sluice_answers_total{kind="reused",model="doubling",version="1.0.0"})"); }
  TemporaryFolder folder;
  std::unique_ptr<TestServer> server;
};

struct Given {
  float value = 0;
  std::uint32_t how = 0;
  std::uint32_t hops = 0;
};

// Asks the model for `numbers`, which are their own embedding, or the one given.
Given ask(WebSocketClient& client, std::uint64_t id, const Numbers& numbers, std::span<const float> embedding,
          float distance = 0.5F) {
  wire::Request request;
  request.id = id;
  request.budget = std::chrono::seconds(20);
  request.tensors.push_back({"input", {DataType::kFloat32, {1, 2}, std::as_bytes(std::span(numbers))}});
  request.embedding = std::as_bytes(embedding);
  request.reuse_distance = distance;
  client.send(request);
  const auto message = client.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::Answer>(*message));
  const auto& answer = std::get<wire::Answer>(*message);
  CHECK(answer.request_id == id);
  REQUIRE(answer.outputs.size() == 1);
  Given given{0, answer.how, answer.hops};
  std::memcpy(&given.value, answer.outputs[0].tensor.bytes.data(), sizeof given.value);
  return given;
}
Given ask(WebSocketClient& client, std::uint64_t id, const Numbers& numbers) {
  return ask(client, id, numbers, numbers);
}

constexpr std::uint32_t kReused = 1;
constexpr std::uint32_t kByModel = 4;

}  // namespace

TEST_CASE("what one client was answered answers another, near by and not far away") {
  Scene scene(shared_spec());
  WebSocketClient first;
  WebSocketClient second;
  CHECK((say_hello(first, scene.server->port(), "doubling").features & wire::kFeatureSharedReuse) != 0);
  say_hello(second, scene.server->port(), "doubling");
  CHECK(ask(first, 1, {3, 4}).how == kByModel);
  const auto near = ask(second, 1, {3.1F, 4.1F});
  CHECK(near.how == kReused);
  CHECK(near.value == 6);  // the first one's
  CHECK(ask(second, 2, {5, 5}).how == kByModel);
  CHECK(ask(second, 3, {3, 4}, Numbers{3, 4}, 0.01F).how == kReused);
  CHECK(ask(second, 4, {3.1F, 4}, Numbers{3.1F, 4}, 0.01F).how == kByModel);  // the client's distance counts
  CHECK(scene.reused() == 2);
}

TEST_CASE("what the upstream computed is kept here, and what it remembered itself is not") {
  constexpr std::size_t kBallast = 2'000'000;
  Scene far(shared_spec(), {}, kBallast);
  server::ServerOptions options;
  options.model_memory_mb = 1;
  options.upstream = "ws://127.0.0.1:" + std::to_string(far.server->port());
  Scene edge(shared_spec(), options, kBallast);
  WebSocketClient elsewhere;
  WebSocketClient first;
  WebSocketClient second;
  say_hello(elsewhere, far.server->port(), "doubling");
  say_hello(first, edge.server->port(), "doubling");
  say_hello(second, edge.server->port(), "doubling");
  const auto computed = ask(first, 1, {3, 4});
  CHECK(computed.how == kByModel);
  CHECK(computed.hops == 1);
  const auto kept = ask(second, 1, {3.1F, 4.1F});
  CHECK(kept.how == kReused);
  CHECK(kept.value == 6);
  CHECK(kept.hops == 0);
  CHECK(ask(elsewhere, 1, {8, 8}).how == kByModel);
  for (std::uint64_t id = 2; id < 4; ++id) {
    const auto remembered = ask(first, id, {8.1F, 8.1F});
    CHECK(remembered.how == kReused);
    CHECK(remembered.value == 16);
    CHECK(remembered.hops == 1);
  }
}

TEST_CASE("an embedding that is none of the bundle's is passed over") {
  Scene scene(shared_spec());
  WebSocketClient client;
  say_hello(client, scene.server->port(), "doubling");
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  std::uint64_t id = 0;
  for (const auto& embedding : std::vector<std::vector<float>>{{}, {1}, {1, 2, 3}, {nothing, 1}, {INFINITY, 1}}) {
    for (int i = 0; i < 2; ++i) CHECK(ask(client, ++id, {1, 2}, embedding).how == kByModel);
  }
  for (const float distance : {0.0F, -1.0F, nothing}) {
    for (int i = 0; i < 2; ++i) CHECK(ask(client, ++id, {1, 2}, Numbers{1, 2}, distance).how == kByModel);
  }
  CHECK(ask(client, ++id, {1, 2}, Numbers{1, 2}, INFINITY).how == kReused);  // whoever takes anything may have it
}

TEST_CASE("answers stay private where bundle, server or client wants it so") {
  const auto both_by_model = [](Scene& scene, bool agreed, wire::Features asked) {
    WebSocketClient first;
    WebSocketClient second;
    for (auto* client : {&first, &second}) {
      REQUIRE(client->connect(scene.server->port()));
      wire::Hello hello;
      hello.bundle = "doubling";
      hello.bundle_version = kVersion;
      hello.features = asked;
      client->send(hello);
      const auto message = client->receive();
      REQUIRE(message);
      REQUIRE(std::holds_alternative<wire::Welcome>(*message));
      CHECK(((std::get<wire::Welcome>(*message).features & wire::kFeatureSharedReuse) != 0) == agreed);
    }
    CHECK(ask(first, 1, {3, 4}).how == kByModel);
    CHECK(ask(second, 1, {3, 4}).how == kByModel);
  };
  SUBCASE("the bundle") {
    auto spec = shared_spec();
    spec.shared = false;
    Scene scene(spec);
    both_by_model(scene, false, wire::kFeatures);
  }
  SUBCASE("the server") {
    server::ServerOptions options;
    options.private_answers = true;
    Scene scene(shared_spec(), options);
    both_by_model(scene, false, wire::kFeatures);
  }
  SUBCASE("the client") {
    Scene scene(shared_spec());
    both_by_model(scene, false, wire::kFeatureAnswerKinds);
  }
}

TEST_CASE("another version starts with nothing, and an answer that is too old is none") {
  auto spec = shared_spec();
  spec.max_age_ms = 1;
  Scene scene(spec);
  WebSocketClient client;
  say_hello(client, scene.server->port(), "doubling");
  CHECK(ask(client, 1, {3, 4}).how == kByModel);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(ask(client, 2, {3, 4}).how == kByModel);
}

TEST_CASE("a bundle whose embedding is not there is not served") {
  TemporaryFolder folder;
  auto manifest = manifest_with(shared_spec());
  write_bundle_with_filter(folder.path(), manifest, doubling_onnx(), doubling_onnx());
  server::Metrics metrics;
  const auto engine = real_engine();
  auto bundle = server::open_bundle(folder.path() / "doubling", std::size_t{1} << 20);
  REQUIRE(bundle);
  server::ModelMemory memory({}, metrics);
  const auto served = server::ServedModel::make(*std::move(bundle), *engine, memory, metrics, {});
  REQUIRE_FALSE(served);
  CHECK(served.error().code == ErrorCode::kNotFound);
  CHECK(served.error().message.find("'embedding'") != std::string::npos);
}

TEST_CASE("boxes are handed out in the pixels of whoever asks") {
  TemporaryFolder folder;
  auto spec = shared_spec();
  spec.input = input::ImageSpec{.width = 2, .height = 2};
  auto manifest = manifest_with(spec);
  manifest.model.input = input::ImageSpec{.width = 640, .height = 640, .fit = input::Fit::kLetterbox};
  manifest.model.output.decoder = "retinaface";
  manifest.agree_when = {.rule = "boxes", .iou = 0.5F};
  write_bundle_with_filter(folder.path(), manifest, retinaface_onnx(), colours_onnx());
  auto bundle = server::open_bundle(folder.path() / "doubling", std::size_t{64} << 20);
  REQUIRE(bundle);
  auto shared = server::SharedAnswers::make(*bundle);
  REQUIRE(shared);
  REQUIRE(*shared != nullptr);
  const std::array<float, 3> embedding{1, 2, 3};
  wire::Request request;
  request.embedding = std::as_bytes(std::span(embedding));
  request.reuse_distance = 0.5F;
  request.extent = {640, 480, 0};
  reuse::Outputs outputs;
  outputs.push_back({std::string(output::kDetectionsName), *output::to_tensor({{64, 48, 128, 96, 0.9F, {70, 50}}})});
  (*shared)->keep(request, outputs, std::chrono::milliseconds(30), Instant{});
  request.extent = {1280, 720, 0};
  const auto found = (*shared)->find(request, Instant{});
  REQUIRE(found);
  const auto boxes = output::from_tensor((*found)[0].tensor.view());
  REQUIRE(boxes);
  REQUIRE(boxes->size() == 1);
  const auto& box = boxes->front();
  CHECK(box.x0 == doctest::Approx(128));
  CHECK(box.y0 == doctest::Approx(72));
  CHECK(box.x1 == doctest::Approx(256));
  CHECK(box.y1 == doctest::Approx(144));
  CHECK(box.score == 0.9F);
  CHECK(box.landmarks[0] == doctest::Approx(140));
  CHECK(box.landmarks[1] == doctest::Approx(75));
  request.extent = {0, 0, 0};  // whoever does not say how large the picture is cannot be told where its boxes are
  CHECK_FALSE((*shared)->find(request, Instant{}));
}
