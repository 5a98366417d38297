// A server with the bundle "halves" (tests/native/split_bundle.hpp), and what is said to its remote half: payloads of features, requests
// with them, answers and refusals. The helpers fail the running test where something else comes.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/wire/messages.hpp"
#include "tests/server/gated_engine.hpp"
#include "tests/server/test_server.hpp"

namespace sluice::test {

struct SplitScene {
  explicit SplitScene(server::ServerOptions options = {});
  ~SplitScene();  // lets runs go on that wait at the gate

  TemporaryFolder folder;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::unique_ptr<TestServer> server;
};

// The payload of features that are `value` everywhere.
std::vector<std::uint8_t> payload_of(std::int8_t value, std::uint16_t channels = 3);
wire::Request request_of(std::uint64_t id, const std::vector<std::uint8_t>& payload);

// The first value of the next message, which is this request's answer, and how many channels came.
std::pair<float, std::int32_t> answer(WebSocketClient& client, std::uint64_t id);
// The error in the next message, which is for this request.
ErrorCode refusal(WebSocketClient& client, std::uint64_t id);

}  // namespace sluice::test
