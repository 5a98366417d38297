// Payloads in parts over the real port: what came together answers, what does not belong fails its request, and nothing stays behind.
#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "core/wire/codec.hpp"
#include "tests/server/split_scene.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

using Bytes8 = std::vector<std::uint8_t>;

Bytes8 cut(const Bytes8& bytes, std::size_t from, std::size_t to) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(to)};
}

wire::Request first_of(std::uint64_t id, const Bytes8& payload, Duration budget = 20s) {
  wire::Request request = request_of(id, payload);
  request.budget = budget;
  request.parts_follow = true;
  return request;
}

wire::Part part_of(std::uint64_t id, std::uint32_t number, const Bytes8& payload, bool last = false) {
  return {id, number, last, std::as_bytes(std::span(payload))};
}

const std::string kHeld = "sluice_held_bytes";
const std::string kClosedByLast = R"(sluice_payloads_in_parts_total{closed="last",model="halves",version="1.0.0"})";
const std::string kClosedByBudget = R"(sluice_payloads_in_parts_total{closed="budget",model="halves",version="1.0.0"})";

// A gauge that another thread sets.
bool becomes(TestServer& server, const std::string& metric, double value) {
  for (int i = 0; i < 1000; ++i) {
    if (server.metric(metric) == value) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

struct PartsScene : SplitScene {
  explicit PartsScene(server::ServerOptions options = {}) : SplitScene(std::move(options)) {
    gate->open();
    welcome = say_hello(client, server->port(), "halves");
  }
  WebSocketClient client;
  wire::Welcome welcome;
  const Bytes8 whole = payload_of(3);
};

}  // namespace

TEST_CASE("parts make the same answer as the whole, wherever they are cut") {
  PartsScene scene;
  CHECK((scene.welcome.features & wire::kFeatureParts) != 0);
  std::uint64_t id = 0;
  for (std::size_t at = 0; at <= scene.whole.size(); at += 7) {
    ++id;
    scene.client.send(first_of(id, cut(scene.whole, 0, at)));
    scene.client.send(part_of(id, 1, cut(scene.whole, at, scene.whole.size()), true));
    CHECK(answer(scene.client, id) == std::pair(48.0F, 3));
  }
  ++id;
  scene.client.send(first_of(id, {}));
  for (std::size_t i = 0; i < scene.whole.size(); ++i) {  // byte by byte
    scene.client.send(part_of(id, static_cast<std::uint32_t>(i + 1), cut(scene.whole, i, i + 1)));
  }
  scene.client.send(part_of(id, static_cast<std::uint32_t>(scene.whole.size() + 1), {}, true));
  CHECK(answer(scene.client, id) == std::pair(48.0F, 3));
  CHECK(scene.server->metric(kClosedByLast) == static_cast<double>(id));
  CHECK(scene.server->metric(kClosedByBudget) == 0);
}

TEST_CASE("a last part that is empty has what came answered at once") {
  PartsScene scene;
  scene.client.send(first_of(1, cut(scene.whole, 0, 40)));
  scene.client.send(part_of(1, 1, {}, true));
  CHECK(answer(scene.client, 1) == std::pair(48.0F, 1));
}

TEST_CASE("a payload that nobody finishes is answered by what came, before its budget is used up") {
  PartsScene scene;
  scene.client.send(first_of(1, cut(scene.whole, 0, 40), 2s));
  scene.client.send(part_of(1, 1, cut(scene.whole, 40, 75)));
  CHECK(answer(scene.client, 1) == std::pair(48.0F, 2));
  CHECK(scene.server->metric(kClosedByBudget) == 1);
  // What was still on its way disturbs nothing.
  scene.client.send(part_of(1, 2, cut(scene.whole, 75, scene.whole.size()), true));
  scene.client.send(request_of(2, scene.whole));
  CHECK(answer(scene.client, 2) == std::pair(48.0F, 3));
  // And where not one channel is whole there is nothing to go on from.
  scene.client.send(first_of(3, cut(scene.whole, 0, 10), 2s));
  CHECK(refusal(scene.client, 3) == ErrorCode::kMalformedPayload);
  CHECK(becomes(*scene.server, kHeld, 0));
}

TEST_CASE("a budget that is nearly over when the request comes leaves no time for parts") {
  PartsScene scene;
  scene.client.send(first_of(1, scene.whole, 5ms));
  const auto message = scene.client.receive();
  REQUIRE(message);
  if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) CHECK(error->code == ErrorCode::kDeadlineExpired);
  else CHECK(std::get<wire::Answer>(*message).request_id == 1);
}

TEST_CASE("parts out of order, for another request or behind the end fail alone, and the rest goes on") {
  PartsScene scene;
  scene.client.send(first_of(1, cut(scene.whole, 0, 40)));
  scene.client.send(first_of(2, cut(scene.whole, 0, 40)));
  scene.client.send(part_of(1, 2, cut(scene.whole, 40, 75)));
  CHECK(refusal(scene.client, 1) == ErrorCode::kUnexpectedMessage);
  scene.client.send(part_of(9, 1, {}));
  CHECK(refusal(scene.client, 9) == ErrorCode::kUnexpectedMessage);
  scene.client.send(part_of(2, 1, cut(scene.whole, 40, scene.whole.size()), true));
  CHECK(answer(scene.client, 2) == std::pair(48.0F, 3));
  CHECK(scene.server->metric(R"(sluice_requests_total{model="halves",outcome="invalid",version="1.0.0"})") == 1);
  CHECK(becomes(*scene.server, kHeld, 0));
}

TEST_CASE("more bytes than the bundle's features ever have are refused before they are decoded") {
  PartsScene scene;
  const Bytes8 much(600);
  scene.client.send(first_of(1, much));
  scene.client.send(part_of(1, 1, much));
  CHECK(refusal(scene.client, 1) == ErrorCode::kMessageTooLarge);
}

TEST_CASE("parts count among the bytes that the server holds, and what does not fit is refused") {
  server::ServerOptions options;
  options.max_held_bytes = options.max_message_bytes = options.max_http_body_bytes = 4096;
  PartsScene scene(options);
  const Bytes8 first(250);
  const Bytes8 more(200);
  for (std::uint64_t id = 1; id <= 6;
       ++id) {  // about 720 bytes each: the message, and the payload made whole beside it
    scene.client.send(first_of(id, first));
    scene.client.send(part_of(id, 1, more));
  }
  CHECK(refusal(scene.client, 6) == ErrorCode::kOverloaded);
  for (std::uint64_t id = 1; id <= 5; ++id) {
    scene.client.send(wire::Cancel{id});
    CHECK(refusal(scene.client, id) == ErrorCode::kCancelled);
  }
  CHECK(becomes(*scene.server, kHeld, 0));
  scene.client.send(request_of(7, scene.whole));
  CHECK(answer(scene.client, 7) == std::pair(48.0F, 3));
}

TEST_CASE("a connection that drops or a client that gives up frees what was open") {
  PartsScene scene;
  {
    WebSocketClient other;
    say_hello(other, scene.server->port(), "halves");
    const Bytes8 payload = cut(scene.whole, 0, 40);
    const wire::Request first = first_of(1, payload);
    std::string bytes;
    wire::encode(first, bytes);
    other.send(first);
    CHECK(becomes(*scene.server, kHeld, static_cast<double>(bytes.size())));
  }
  CHECK(becomes(*scene.server, kHeld, 0));
  scene.client.send(first_of(1, cut(scene.whole, 0, 40)));
  scene.client.send(wire::Cancel{1});
  CHECK(refusal(scene.client, 1) == ErrorCode::kCancelled);
  CHECK(becomes(*scene.server, kHeld, 0));
  CHECK(scene.server->metric(R"(sluice_requests_total{model="halves",outcome="cancelled",version="1.0.0"})") == 2);
}

TEST_CASE("a client from before parts gets its single payloads answered as ever") {
  SplitScene scene;
  scene.gate->open();
  WebSocketClient client;
  wire::Hello hello{1, 1, "old", "halves", kVersion};
  hello.features = wire::kFeatureAnswerKinds;
  client.connect(scene.server->port());
  client.send(hello);
  const auto message = client.receive();
  REQUIRE(message);
  CHECK(std::get<wire::Welcome>(*message).features == wire::kFeatureAnswerKinds);
  client.send(request_of(1, payload_of(3)));
  CHECK(answer(client, 1) == std::pair(48.0F, 3));
}
