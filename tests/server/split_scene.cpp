#include "tests/server/split_scene.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <span>

#include "core/pipeline/answer.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "core/split/device_half.hpp"
#include "tests/native/split_bundle.hpp"

namespace sluice::test {

SplitScene::SplitScene(server::ServerOptions options) {
  write_split_bundle(folder.path() / "halves");
  options.workers = 1;
  server = std::make_unique<TestServer>(folder.path(), options, gated(real_engine(), gate));
}

SplitScene::~SplitScene() { gate->open(); }

std::vector<std::uint8_t> payload_of(std::int8_t value, std::uint16_t channels) {
  const std::vector<std::uint8_t> bytes = toy_device_unit();
  const auto unit = split::read_unit(std::as_bytes(std::span(bytes)));
  REQUIRE(unit);
  const std::vector<std::int8_t> symbols(unit->coding.features(), value);
  std::vector<std::uint8_t> payload(1000);
  const auto encoded =
      split::encode_features(unit->coding, symbols.data(), 1, unit->coding.positions(), payload, channels);
  payload.resize(encoded.bytes);
  return payload;
}

wire::Request request_of(std::uint64_t id, const std::vector<std::uint8_t>& payload) {
  wire::Request request;
  request.id = id;
  request.budget = std::chrono::seconds(20);
  request.encoding = wire::Encoding::kSplit;
  request.payload = std::as_bytes(std::span(payload));
  return request;
}

std::pair<float, std::int32_t> answer(WebSocketClient& client, std::uint64_t id) {
  const auto message = client.receive();
  REQUIRE(message);
  const auto* error = std::get_if<wire::ErrorMessage>(&*message);
  REQUIRE_MESSAGE(error == nullptr, error->message);
  const auto& got = std::get<wire::Answer>(*message);
  CHECK(got.request_id == id);
  CHECK(got.how == static_cast<std::uint32_t>(pipeline::AnswerKind::kSplit));
  REQUIRE(got.outputs.size() == 2);
  CHECK(got.outputs[0].tensor.shape == Shape{1, 3});
  CHECK(got.outputs[1].name == wire::kChannelsOutput);
  const Tensor logits = *Tensor::copy_of(got.outputs[0].tensor);
  const Tensor channels = *Tensor::copy_of(got.outputs[1].tensor);
  return {logits.as<float>()[0], channels.as<std::int32_t>()[0]};
}

ErrorCode refusal(WebSocketClient& client, std::uint64_t id) {
  const auto message = client.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::ErrorMessage>(*message));
  CHECK(std::get<wire::ErrorMessage>(*message).request_id == id);
  return std::get<wire::ErrorMessage>(*message).code;
}

}  // namespace sluice::test
