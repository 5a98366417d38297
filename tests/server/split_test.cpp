// The remote half of a model over the real port: features in, its answer out, batched across connections; and payloads that no
// device half wrote.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <thread>

#include "core/model/onnx_writer.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "tests/native/split_bundle.hpp"
#include "tests/server/split_scene.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

// Takes what the bundle's models take, and answers with so many numbers.
std::string model_with_classes(const std::string& input, int classes) {
  constexpr int kSide = static_cast<int>(kSplitSide);
  const std::vector<float> weights(static_cast<std::size_t>(3 * classes), 1.0F);
  model::OnnxWriter writer("classes");
  writer.add_input(input, DataType::kFloat32, {-1, 3, kSide, kSide});
  writer.add_output("logits", DataType::kFloat32, {-1, classes});
  writer.add_initializer("weights", *view_of(std::span<const float>(weights), {3, classes}));
  writer.add_node("GlobalAveragePool", {input}, {"pooled"});
  writer.add_node("Flatten", {"pooled"}, {"flat"});
  writer.add_node("MatMul", {"flat", "weights"}, {"logits"});
  return writer.finish();
}

}  // namespace

TEST_CASE("a bundle in two halves offers the encoding, and features are answered by the remote half") {
  SplitScene scene;
  scene.gate->open();
  WebSocketClient client;
  const wire::Welcome welcome = say_hello(client, scene.server->port(), "halves");
  CHECK(welcome.encodings.front() == wire::Encoding::kSplit);
  client.send(request_of(1, payload_of(4)));
  CHECK(answer(client, 1) == std::pair(64.0F, 3));
  client.send(request_of(2, payload_of(-5, 2)));
  CHECK(answer(client, 2) == std::pair(-80.0F, 2));
  CHECK(scene.server->metric(R"(sluice_answers_total{kind="split",model="halves",version="1.0.0"})") == 2);
  CHECK(scene.server->metric(R"(sluice_requests_total{model="halves",outcome="ok",version="1.0.0"})") == 2);
}

TEST_CASE("metrics say of how many channels answers are, of how many bytes, and how large both models are") {
  SplitScene scene;
  scene.gate->open();
  WebSocketClient client;
  say_hello(client, scene.server->port(), "halves");
  const auto of_halves = [&](const std::string& name) {
    return scene.server->metric("sluice_" + name + R"({model="halves",version="1.0.0"})");
  };
  CHECK(of_halves("split_channels_count") == 0);
  const auto all = payload_of(4);
  const auto two = payload_of(-5, 2);
  client.send(request_of(1, all));
  answer(client, 1);
  client.send(request_of(2, two));
  answer(client, 2);
  client.send(request_of(3, {0xFF}));  // no answer
  refusal(client, 3);
  CHECK(of_halves("split_channels_count") == 2);
  CHECK(of_halves("split_channels_sum") == 5);
  CHECK(of_halves("split_payload_bytes_count") == 2);
  CHECK(of_halves("split_payload_bytes_sum") == static_cast<double>(all.size() + two.size()));
  const auto size_of = [&](const char* file) {
    return std::filesystem::file_size(scene.folder.path() / "halves" / file);
  };
  CHECK(of_halves("model_bytes") == static_cast<double>(size_of("model.onnx") + size_of("remote.onnx")));
}

TEST_CASE("a payload that was cut anywhere is answered by its whole channels, or refused where none is") {
  SplitScene scene;
  scene.gate->open();
  WebSocketClient client;
  say_hello(client, scene.server->port(), "halves");
  const std::vector<std::uint8_t> whole = payload_of(3);
  std::int32_t most = 0;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    client.send(request_of(size + 1, {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}));
    if (size < 34) {  // 64 features of half a byte, the header, and what tells that they end there
      CHECK(refusal(client, size + 1) == ErrorCode::kMalformedPayload);
      continue;
    }
    const auto [value, channels] = answer(client, size + 1);
    CHECK(value == 48.0F);
    CHECK(channels >= most);
    most = channels;
  }
  CHECK(most == 3);
}

TEST_CASE("features of several clients run as one batch, and a bad one fails alone") {
  SplitScene scene;
  scene.gate->close();
  std::array<WebSocketClient, 4> clients;
  for (auto& client : clients) say_hello(client, scene.server->port(), "halves");
  for (std::size_t i = 0; i < clients.size(); ++i) {
    std::vector<std::uint8_t> payload = payload_of(static_cast<std::int8_t>(i));
    if (i == 2) payload[0] = 0xFF;
    clients[i].send(request_of(1, payload));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  scene.gate->open();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (i == 2) {
      CHECK(refusal(clients[i], 1) == ErrorCode::kMalformedPayload);
    } else {
      CHECK(answer(clients[i], 1) == std::pair(16.0F * static_cast<float>(i), 3));
    }
  }
}

TEST_CASE("payloads that no device half wrote disturb nobody else") {
  SplitScene scene;
  scene.gate->open();
  WebSocketClient client;
  WebSocketClient other;
  say_hello(client, scene.server->port(), "halves");
  say_hello(other, scene.server->port(), "halves");
  std::mt19937 random(7);
  const std::vector<std::uint8_t> good = payload_of(1);
  for (std::uint64_t id = 1; id <= 300; ++id) {
    std::vector<std::uint8_t> payload = good;
    if (id % 3 == 0) payload.assign(random() % 300, 0);
    for (auto& byte : payload) {
      if (id % 3 == 0 || random() % 16 == 0) byte = static_cast<std::uint8_t>(random());
    }
    client.send(request_of(id, payload));
    const auto message = client.receive();
    REQUIRE(message);
    if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) {
      CHECK((error->code == ErrorCode::kMalformedPayload || error->code == ErrorCode::kUnsupportedEncoding));
    } else {
      CHECK(std::get<wire::Answer>(*message).request_id == id);
    }
  }
  other.send(request_of(1, good));
  CHECK(answer(other, 1) == std::pair(16.0F, 3));
}

TEST_CASE("a bundle whose halves do not fit each other is not served, and the error names the part") {
  TemporaryFolder folder;
  auto unit = toy_device_unit();
  unit.resize(unit.size() / 2);
  write_split_bundle(folder.path() / "halves", unit);
  server::ServerOptions options;
  options.bundles = folder.path();
  options.port = 0;
  const auto server = server::Server::start(options, real_engine(), server::Log(server::Log::Form::kSilent));
  REQUIRE_FALSE(server.has_value());
  CHECK(server.error().message.find("part 'device'") != std::string::npos);
}

TEST_CASE("halves that answer with other numbers of classes than the model, or each other, are not served") {
  const auto refusal_of = [](int remote_classes, int model_classes) {
    TemporaryFolder folder;
    write_split_bundle(folder.path() / "halves");
    auto bundle = bundle::read_bundle(folder.path() / "halves");
    REQUIRE(bundle);
    bundle->parts["model"] = model_with_classes("picture", model_classes);
    bundle->parts["remote"] = model_with_classes("features", remote_classes);
    REQUIRE(bundle::replace_bundle(folder.path() / "halves", *std::move(bundle)).has_value());
    server::ServerOptions options;
    options.bundles = folder.path();
    options.port = 0;
    const auto server = server::Server::start(options, real_engine(), server::Log(server::Log::Form::kSilent));
    return server ? std::string() : describe(server.error());
  };
  const std::string other_model = refusal_of(2, 3);
  CHECK(other_model.find("part 'remote'") != std::string::npos);
  CHECK(other_model.find("where the model gives") != std::string::npos);
  // Of one mind, and not of the device half's.
  const std::string other_guess = refusal_of(2, 2);
  CHECK(other_guess.find("shape_mismatch") != std::string::npos);
  CHECK(other_guess.find("the device half guesses 3 classes") != std::string::npos);
  CHECK(refusal_of(3, 3).empty());
}

TEST_CASE("features for a bundle that is not in two halves are refused by their encoding") {
  TestServer server;
  WebSocketClient client;
  const wire::Welcome welcome = say_hello(client, server.port());
  CHECK(std::ranges::find(welcome.encodings, wire::Encoding::kSplit) == welcome.encodings.end());
  client.send(request_of(1, payload_of(1)));
  CHECK(refusal(client, 1) == ErrorCode::kUnsupportedEncoding);
}
