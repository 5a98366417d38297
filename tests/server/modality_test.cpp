// Bundles that are not about pictures, over the real port: a model of sound, of a signal, of text and of plain tensors answer
// their payloads, and what a request says of its payload is believed only when it is so.
#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <vector>

#include "core/model/onnx_writer.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

using wire::Encoding;

constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kRateHz = 16'000;

// output = input + input.
std::string doubling_onnx(DataType type, std::initializer_list<std::int64_t> dims) {
  model::OnnxWriter writer("doubling");
  writer.add_input("window", type, dims);
  writer.add_output("doubled", type, dims);
  writer.add_node("Add", {"window", "window"}, {"doubled"});
  return writer.finish();
}

// Four bundles: sound of 2 channels x 4 samples, motion of 3 x 2, words of 8 bytes, and a tensor [2, 2].
struct Scene {
  Scene() {
    write_plain_bundle(folder.path(), "sound", doubling_onnx(DataType::kFloat32, {1, 2, 4}),
                       input::AudioSpec{.samples = 4, .channels = 2, .rate_hz = kRateHz});
    write_plain_bundle(folder.path(), "motion", doubling_onnx(DataType::kFloat32, {1, 3, 2}),
                       input::SignalSpec{2, 3, {1, 0, 0}, {1, 10, 1}});
    write_plain_bundle(folder.path(), "words", doubling_onnx(DataType::kInt64, {1, 8}), input::TextSpec{8});
    write_plain_bundle(folder.path(), "features", doubling_onnx(DataType::kFloat32, {2, 2}),
                       input::TensorSpec{DataType::kFloat32, {2, 2}});
    server = std::make_unique<TestServer>(folder.path(), server::ServerOptions{}, real_engine());
  }
  TemporaryFolder folder;
  std::unique_ptr<TestServer> server;
};

template <typename T>
wire::Request request_of(std::uint64_t id, Encoding encoding, std::array<std::uint32_t, 3> extent,
                         const std::vector<T>& values) {
  wire::Request request;
  request.id = id;
  request.budget = std::chrono::seconds(20);
  request.encoding = encoding;
  request.extent = extent;
  request.payload = std::as_bytes(std::span(values));
  return request;
}

template <typename T>
std::vector<T> answer_to(WebSocketClient& client, const wire::Request& request) {
  client.send(request);
  const auto message = client.receive();
  REQUIRE(message);
  if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) FAIL(describe({error->code, error->message}));
  REQUIRE(std::holds_alternative<wire::Answer>(*message));
  const auto& answer = std::get<wire::Answer>(*message);
  CHECK(answer.request_id == request.id);
  REQUIRE(answer.outputs.size() == 1);
  CHECK(answer.outputs[0].name == "doubled");
  CHECK(answer.outputs[0].tensor.type == data_type_of<T>);
  const Bytes bytes = answer.outputs[0].tensor.bytes;
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

Error error_to(WebSocketClient& client, const wire::Request& request) {
  client.send(request);
  const auto message = client.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::ErrorMessage>(*message));
  const auto& error = std::get<wire::ErrorMessage>(*message);
  CHECK(error.request_id == request.id);
  CHECK(!error.message.empty());
  return {error.code, std::string(error.message)};
}

ErrorCode refusal_of(WebSocketClient& client, const wire::Request& request) { return error_to(client, request).code; }

}  // namespace

TEST_CASE("the welcome names what each bundle takes") {
  Scene scene;
  const auto takes = [&](const char* bundle) {
    WebSocketClient client;
    const auto welcome = say_hello(client, scene.server->port(), bundle);
    CHECK(welcome.inputs == std::vector<std::string>{"window"});
    return welcome.encodings;
  };
  CHECK(takes("sound") == std::vector{Encoding::kF32, Encoding::kS16, Encoding::kTensor});
  CHECK(takes("motion") == std::vector{Encoding::kF32, Encoding::kTensor});
  CHECK(takes("words") == std::vector{Encoding::kUtf8, Encoding::kTensor});
  CHECK(takes("features") == std::vector{Encoding::kTensor});
}

TEST_CASE("sound is answered, as float32 and as int16") {
  Scene scene;
  WebSocketClient client;
  say_hello(client, scene.server->port(), "sound");
  // Interleaved on the wire; the tensor has one channel after the other.
  const std::vector<float> samples = {0.1F, -0.1F, 0.2F, -0.2F, 0.3F, -0.3F, 0.4F, -0.4F};
  CHECK(answer_to<float>(client, request_of(1, Encoding::kF32, {4, 2, kRateHz}, samples)) ==
        std::vector{0.2F, 0.4F, 0.6F, 0.8F, -0.2F, -0.4F, -0.6F, -0.8F});
  const std::vector<std::int16_t> numbers = {16384, -16384, 0, 0, 8192, 0, 0, -32768};
  CHECK(answer_to<float>(client, request_of(2, Encoding::kS16, {4, 2, kRateHz}, numbers)) ==
        std::vector{1.0F, 0.0F, 0.5F, 0.0F, -1.0F, 0.0F, 0.0F, -2.0F});
  auto tensors = request_of<float>(3, Encoding::kTensor, {4, 2, kRateHz}, {});
  tensors.tensors.push_back({"window", {DataType::kFloat32, {1, 2, 4}, std::as_bytes(std::span(samples))}});
  CHECK(answer_to<float>(client, tensors)[1] == -0.2F);
}

TEST_CASE("a signal is answered, shifted and scaled for each channel") {
  Scene scene;
  WebSocketClient client;
  say_hello(client, scene.server->port(), "motion");
  const std::vector<float> values = {2, 3, 0.5F, 0.25F, -1, 1};
  CHECK(answer_to<float>(client, request_of(1, Encoding::kF32, {2, 3}, values)) ==
        std::vector{2.0F, 4.0F, 10.0F, 5.0F, -2.0F, 2.0F});
}

TEST_CASE("a text is answered, and only when it is one") {
  Scene scene;
  WebSocketClient client;
  say_hello(client, scene.server->port(), "words");
  CHECK(answer_to<std::int64_t>(client, request_of(1, Encoding::kUtf8, {2}, std::vector{'a', 'b'})) ==
        std::vector<std::int64_t>{196, 198, 0, 0, 0, 0, 0, 0});
  CHECK(refusal_of(client, request_of(2, Encoding::kUtf8, {2}, std::vector{'\xc3', '\x28'})) ==
        ErrorCode::kMalformedPayload);
  CHECK(refusal_of(client, request_of(3, Encoding::kUtf8, {kMost}, std::vector{'a'})) == ErrorCode::kMalformedPayload);
  CHECK(refusal_of(client, request_of(4, Encoding::kUtf8, {9}, std::vector<char>(9, 'a'))) == ErrorCode::kInvalidInput);
}

TEST_CASE("an extent that the payload does not bear out fails its own request and no other") {
  Scene scene;
  WebSocketClient client;
  WebSocketClient other;
  say_hello(client, scene.server->port(), "sound");
  say_hello(other, scene.server->port(), "motion");
  const std::vector<float> samples(8, 0.5F);
  std::uint64_t id = 0;
  const auto sound = [&](std::array<std::uint32_t, 3> extent, const std::vector<float>& payload) {
    return refusal_of(client, request_of(++id, Encoding::kF32, extent, payload));
  };
  // Not as many bytes as it says; the products would wrap in 32 and in 64 bits.
  for (const auto& extent : std::vector<std::array<std::uint32_t, 3>>{{},
                                                                      {0, 2, kRateHz},
                                                                      {4, 0, kRateHz},
                                                                      {3, 2, kRateHz},
                                                                      {5, 2, kRateHz},
                                                                      {kMost, 2, kRateHz},
                                                                      {kMost, kMost, kMost},
                                                                      {1U << 30, 1, kRateHz},
                                                                      {1U << 31, 1U << 31, kRateHz}}) {
    CHECK(sound(extent, samples) == ErrorCode::kMalformedPayload);
  }
  CHECK(sound({4, 2, kRateHz}, {}) == ErrorCode::kMalformedPayload);
  // As many bytes as it says, but no sound, or not this bundle's.
  CHECK(sound({}, {}) == ErrorCode::kInvalidInput);
  CHECK(sound({4, 2, 0}, samples) == ErrorCode::kInvalidInput);
  CHECK(sound({4, 2, kMost}, samples) == ErrorCode::kInvalidInput);
  CHECK(sound({4, 2, 44'100}, samples) == ErrorCode::kInvalidInput);
  CHECK(sound({8, 1, kRateHz}, samples) == ErrorCode::kInvalidInput);
  auto silent = samples;
  silent[3] = std::numeric_limits<float>::quiet_NaN();
  CHECK(sound({4, 2, kRateHz}, silent) == ErrorCode::kInvalidInput);
  CHECK(refusal_of(client, request_of(++id, Encoding::kJpeg, {4, 2, kRateHz}, samples)) ==
        ErrorCode::kUnsupportedEncoding);

  const std::vector<float> values(6, 1.0F);
  CHECK(refusal_of(other, request_of(1, Encoding::kF32, {kMost, kMost}, values)) == ErrorCode::kMalformedPayload);
  CHECK(refusal_of(other, request_of(2, Encoding::kF32, {}, values)) == ErrorCode::kMalformedPayload);
  CHECK(refusal_of(other, request_of(3, Encoding::kF32, {3, 2}, values)) == ErrorCode::kInvalidInput);
  CHECK(refusal_of(other, request_of(4, Encoding::kS16, {2, 3}, values)) == ErrorCode::kUnsupportedEncoding);

  // Both connections are as they were.
  CHECK(answer_to<float>(client, request_of(++id, Encoding::kF32, {4, 2, kRateHz}, samples)) ==
        std::vector<float>(8, 1.0F));
  CHECK(answer_to<float>(other, request_of(5, Encoding::kF32, {2, 3}, values))[2] == 20.0F);
  CHECK(scene.server->metric(R"(sluice_requests_total{model="motion",outcome="invalid",version="1.0.0"})") == 3);
  CHECK(scene.server->metric(R"(sluice_answers_total{kind="remote",model="motion",version="1.0.0"})") == 1);
}

TEST_CASE("numbers that are not finite are refused where they enter, however they come") {
  Scene scene;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float endless = std::numeric_limits<float>::infinity();
  const auto refused = [](WebSocketClient& client, const wire::Request& request, std::string_view place) {
    const Error error = error_to(client, request);
    CHECK(error.code == ErrorCode::kInvalidInput);
    CHECK_MESSAGE(error.message.find(place) != std::string::npos, error.message);
  };
  WebSocketClient features;
  say_hello(features, scene.server->port(), "features");
  const std::vector<float> bad = {1, 2, nan, 4};
  wire::Request tensor = request_of<float>(1, Encoding::kTensor, {}, {});
  tensor.tensors.push_back({"window", {DataType::kFloat32, {2, 2}, std::as_bytes(std::span(bad))}});
  refused(features, tensor, "element 2 of the tensor 'window' is nan");
  WebSocketClient motion;
  say_hello(motion, scene.server->port(), "motion");
  refused(motion, request_of<float>(1, Encoding::kF32, {2, 3, 0}, {1, 2, 3, endless, 5, 6}), "step 1 of channel 1");

  std::vector<float> good = {1, 2, 3, 4};
  const auto infer = [&](const std::vector<float>& values) {
    return http_request(scene.server->port(), "POST", "/v2/models/features/infer",
                        std::string(as_text(std::as_bytes(std::span(values)))),
                        {{"Inference-Header-Content-Length", "0"}});
  };
  const auto answer = infer(bad);
  CHECK(answer.status == 400);
  CHECK_MESSAGE(answer.body.find("\"invalid_input\"") != std::string::npos, answer.body);
  CHECK(answer.body.find("element 2 of the tensor 'window'") != std::string::npos);
  CHECK(infer(good).status == 200);
}
