// The stages behind a cut over the real port: tensors in, answers out, batches that shrink across connections; and requests that no device
// makes.
#include <doctest/doctest.h>

#include <array>
#include <random>

#include "core/pipeline/answer.hpp"
#include "core/split/feature_coder.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "server/models/cut_model.hpp"
#include "server/models/model_instance.hpp"
#include "tests/core/exit/toy_cut.hpp"
#include "tests/native/exit_bundle.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace sluice::exits::testing;

namespace {

struct Scene {
  explicit Scene(pipeline::BatchSpec batching = {0, 8, 0}) {
    write_cut_bundle(folder.path() / "exits", batching);
    server::ServerOptions options;
    options.workers = 1;
    server = std::make_unique<TestServer>(folder.path(), options, real_engine());
  }
  double of(const std::string& name) { return server->metric("sluice_" + name + R"({model="exits",version="1.0.0"})"); }
  double left_at(const std::string& exit) {
    return server->metric("sluice_exit_answers_total{exit=\"" + exit + R"(",model="exits",version="1.0.0"})");
  }

  TemporaryFolder folder;
  std::unique_ptr<TestServer> server;
};

std::vector<std::uint8_t> payload_of(const std::vector<float>& colour) {
  const std::string coding = toy_coding();
  auto coder = split::FeatureCoder::create(as_bytes(coding), toy_values());
  REQUIRE(coder);
  const Tensor tensor = colours({colour});
  const auto coded = coder->code(tensor.view());
  REQUIRE(coded);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(coded->data());
  return {bytes, bytes + coded->size()};
}

void send(WebSocketClient& client, std::uint64_t id, const std::vector<std::uint8_t>& payload, std::uint32_t point) {
  wire::Request request;
  request.id = id;
  request.budget = std::chrono::seconds(20);
  request.encoding = wire::Encoding::kCut;
  request.exit_point = point;
  request.payload = std::as_bytes(std::span(payload));
  client.send(request);
}

struct Got {
  std::uint64_t id = 0;
  std::int32_t stage = 0;
  std::vector<float> logits;
};

Got answer(WebSocketClient& client) {
  const auto message = client.receive();
  REQUIRE(message);
  const auto* error = std::get_if<wire::ErrorMessage>(&*message);
  REQUIRE_MESSAGE(error == nullptr, error->message);
  const auto& got = std::get<wire::Answer>(*message);
  CHECK(got.how == static_cast<std::uint32_t>(pipeline::AnswerKind::kSplit));
  REQUIRE(got.outputs.size() == 2);
  CHECK(got.outputs[0].tensor.shape == Shape{1, 3});
  CHECK(got.outputs[1].name == wire::kExitOutput);
  const Tensor logits = *Tensor::copy_of(got.outputs[0].tensor);
  const Tensor stage = *Tensor::copy_of(got.outputs[1].tensor);
  return {got.request_id, stage.as<std::int32_t>()[0], {logits.as<float>().begin(), logits.as<float>().end()}};
}

wire::ErrorMessage refusal(WebSocketClient& client) {
  const auto message = client.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::ErrorMessage>(*message));
  return std::get<wire::ErrorMessage>(*message);
}

const std::vector<float> kRedTensor{1, 0, 0};
const std::vector<float> kYellowTensor{1, 1, 0};

}  // namespace

TEST_CASE("a bundle with a cut offers the encoding, and its stages answer by the point that the request names") {
  Scene scene;
  WebSocketClient client;
  const wire::Welcome welcome = say_hello(client, scene.server->port(), "exits");
  CHECK(welcome.encodings.front() == wire::Encoding::kCut);
  send(client, 1, payload_of(kRedTensor), 1);
  const Got red = answer(client);
  CHECK(red.stage == 1);
  CHECK(red.logits == std::vector<float>{10, 0, 0});
  send(client, 2, payload_of(kYellowTensor), 2);
  const Got yellow = answer(client);
  CHECK(yellow.stage == 2);
  CHECK(yellow.logits == std::vector<float>{40, 40, 0});
  CHECK(scene.left_at("1") == 0);
  CHECK(scene.left_at("2") == 1);
  CHECK(scene.left_at("none") == 1);
  CHECK(scene.server->metric(R"(sluice_answers_total{kind="split",model="exits",version="1.0.0"})") == 2);
  // The weights behind the cut are held beside the model: two convolutions, an exit and a head.
  const double file = static_cast<double>(std::filesystem::file_size(scene.folder.path() / "exits" / "model.onnx"));
  CHECK(scene.of("model_bytes") > file);
  CHECK(scene.of("model_bytes") < 2 * file);
}

TEST_CASE("inputs of several clients run as one batch, those that are sure leave it, and a bad one fails alone") {
  Scene scene({0, 6, 500'000});
  std::array<WebSocketClient, 6> clients;
  for (auto& client : clients) say_hello(client, scene.server->port(), "exits");
  for (std::size_t i = 0; i < clients.size(); ++i) {
    std::vector<std::uint8_t> payload = payload_of(i % 2 == 0 ? kRedTensor : kYellowTensor);
    if (i == 4) payload[0] = 0xFF;
    send(clients[i], 1, payload, 1);
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (i == 4) {
      CHECK(refusal(clients[i]).code == ErrorCode::kMalformedPayload);
      continue;
    }
    const Got got = answer(clients[i]);
    CHECK(got.stage == (i % 2 == 0 ? 1 : 2));
    CHECK(got.logits == (i % 2 == 0 ? std::vector<float>{10, 0, 0} : std::vector<float>{40, 40, 0}));
  }
  CHECK(scene.of("batch_inputs_sum") == 5);
  CHECK(scene.of("batch_inputs_count") < 5);
  CHECK(scene.left_at("2") == 2);
  CHECK(scene.left_at("none") == 3);
}

TEST_CASE("an input that is sure is handed out while its batch goes on, and once") {
  TemporaryFolder folder;
  write_cut_bundle(folder.path() / "exits");
  const auto bundle = bundle::read_bundle(folder.path() / "exits");
  REQUIRE(bundle);
  const auto cut = server::load_cut_model(bundle->manifest, bundle->part("model"), bundle->part("branches"));
  REQUIRE_MESSAGE(cut.has_value(), (cut ? std::string() : describe(cut.error())));
  CHECK(cut->weight_bytes > 0);
  pipeline::Manifest manifest = bundle->manifest;
  manifest.model.output.decoder = "none";
  auto instance = server::ModelInstance::create(*cut->model, manifest);
  REQUIRE(instance);
  std::array<server::PreparedInput, 3> inputs;
  std::array<const server::PreparedInput*, 3> batch{};
  const std::array colours_of{kYellowTensor, kRedTensor, kYellowTensor};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    inputs[i].owned.push_back(colours({colours_of[i]}));
    inputs[i].owned.push_back(*Tensor::create(DataType::kInt32, {1}));
    inputs[i].owned[1].as<std::int32_t>()[0] = 0;
    for (const Tensor& tensor : inputs[i].owned) inputs[i].tensors.push_back(tensor.view());
    batch[i] = &inputs[i];
  }
  std::vector<std::pair<std::size_t, std::int32_t>> left;
  const auto ran = (*instance)->run(batch, [&](std::size_t index) {
    const auto outputs = (*instance)->outputs(index, server::OutputForm::kDecoded);
    REQUIRE(outputs);
    left.emplace_back(index, (*outputs)[1].tensor.as<std::int32_t>()[0]);
    if (index == 1) CHECK((*outputs)[0].tensor.as<float>()[0] == 10);
  });
  REQUIRE_MESSAGE(ran.has_value(), (ran ? std::string() : describe(ran.error())));
  using Left = std::pair<std::size_t, std::int32_t>;
  CHECK(left == std::vector<Left>{{1, 1}, {0, 2}, {2, 2}});
  // Without anybody who listens all are there at the end.
  REQUIRE((*instance)->run(batch));
  CHECK((*(*instance)->outputs(2, server::OutputForm::kRaw))[0].tensor.as<float>()[1] == 40);
  // A point that is not there fails the run, and says which.
  inputs[1].owned[1].as<std::int32_t>()[0] = 2;
  CHECK((*instance)->run(batch).error().message == "point 2 of a cut with 2");
}

TEST_CASE("payloads that are short, long, or no device's, and points that the bundle does not have, fail alone") {
  Scene scene;
  WebSocketClient client;
  say_hello(client, scene.server->port(), "exits");
  const std::vector<std::uint8_t> good = payload_of({1, 0.5F, 0.25F});
  std::uint64_t id = 0;
  for (std::size_t size = 0; size < good.size(); ++size) {
    send(client, ++id, {good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}, 1);
    const auto message = client.receive();
    REQUIRE(message);
    // The last bytes may be certain without being there; a whole channel that is missing is not.
    if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) {
      CHECK(error->code == ErrorCode::kMalformedPayload);
    } else {
      CHECK(size + 5 > good.size());
    }
  }
  std::vector<std::uint8_t> longer = good;
  longer.insert(longer.end(), 2000, 0);
  send(client, ++id, longer, 1);
  CHECK(refusal(client).code == ErrorCode::kMalformedPayload);
  for (const std::uint32_t point : {0U, 3U, 4'000'000'000U}) {
    send(client, ++id, good, point);
    const wire::ErrorMessage error = refusal(client);
    CHECK(error.code == ErrorCode::kInvalidArgument);
    CHECK(error.message.find("exit_point is " + std::to_string(point)) != std::string::npos);
  }
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint8_t> payload = good;
    for (auto& byte : payload) {
      if (random() % 8 == 0) byte = static_cast<std::uint8_t>(random());
    }
    send(client, ++id, payload, 1 + random() % 2);
    const auto message = client.receive();
    REQUIRE(message);
    if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) {
      CHECK((error->code == ErrorCode::kMalformedPayload || error->code == ErrorCode::kUnsupportedEncoding));
    }
  }
  send(client, ++id, good, 2);
  CHECK(answer(client).id == id);
}

TEST_CASE("a bundle whose coding does not fit its model is not served, and the error names the part") {
  TemporaryFolder folder;
  write_cut_bundle(folder.path() / "exits");
  auto bundle = bundle::read_bundle(folder.path() / "exits");
  REQUIRE(bundle);
  std::string wanted;
  SUBCASE("unreadable") {
    bundle->parts["coding"] = "no coding";
    wanted = "part 'coding'";
  }
  SUBCASE("of another tensor") {
    bundle->parts["coding"] = toy_coding(2);
    wanted = "behind the cut";
  }
  REQUIRE(bundle::replace_bundle(folder.path() / "exits", *std::move(bundle)).has_value());
  server::ServerOptions options;
  options.bundles = folder.path();
  options.port = 0;
  const auto server = server::Server::start(options, real_engine(), server::Log(server::Log::Form::kSilent));
  REQUIRE_FALSE(server.has_value());
  CHECK_MESSAGE(server.error().message.find(wanted) != std::string::npos, server.error().message);
}
