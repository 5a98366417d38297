// What happens when there is more to do than can be done: overload, deadlines, cancels, slow readers, drains. The model
// waits at a gate, so each situation is made, not hoped for.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <thread>

#include "server/bench/identity_model.hpp"
#include "tests/server/gated_engine.hpp"
#include "tests/server/raw_socket.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::uint32_t kSide = 8;

// One worker, an Identity model behind a gate.
struct Scene {
  explicit Scene(server::ServerOptions options = {}) {
    write_plain_bundle(folder.path(), "identity", server::identity_onnx(kSide), kSide);
    options.workers = 1;
    options.inline_compute_us = 0;
    server = std::make_unique<TestServer>(folder.path(), options, gated(real_engine(), gate));
  }
  ~Scene() { gate->open(); }

  double requests(const std::string& outcome) {
    return server->metric("sluice_requests_total{model=\"identity\",outcome=\"" + outcome + "\",version=\"1.0.0\"}");
  }

  // Returns once a sample of /metrics has this value; false when it never does.
  bool await(const std::string& sample, double value) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (server->metric(sample) != value) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  TemporaryFolder folder;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::unique_ptr<TestServer> server;
};

struct TensorRequest {
  explicit TensorRequest(std::uint64_t id, Duration budget = std::chrono::seconds(25), std::uint32_t side = kSide)
      : values(std::size_t{3} * side * side, static_cast<float>(id)) {
    request.id = id;
    request.budget = budget;
    request.tensors.push_back({"input", {DataType::kFloat32, {1, 3, side, side}, std::as_bytes(std::span(values))}});
  }
  std::vector<float> values;
  wire::Request request;
};

void send(WebSocketClient& client, std::uint64_t id, Duration budget = std::chrono::seconds(25)) {
  const TensorRequest made(id, budget);
  client.send(made.request);
}

// Returns once the server has read everything sent so far.
void settle(WebSocketClient& client) {
  client.send(wire::Ping{7});
  const auto message = client.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::Pong>(*message));
}

// What came for each id: the error's code, or nothing for an answer.
std::map<std::uint64_t, std::optional<ErrorCode>> collect(WebSocketClient& client, std::size_t count) {
  std::map<std::uint64_t, std::optional<ErrorCode>> results;
  while (results.size() < count) {
    const auto message = client.receive();
    REQUIRE(message);
    if (const auto* answer = std::get_if<wire::Answer>(&*message)) {
      REQUIRE(!results.contains(answer->request_id));
      float first = 0;
      REQUIRE(answer->outputs.size() == 1);
      std::memcpy(&first, answer->outputs[0].tensor.bytes.data(), sizeof first);
      CHECK(first == static_cast<float>(answer->request_id));  // each its own
      results[answer->request_id] = std::nullopt;
    } else if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) {
      REQUIRE(!results.contains(error->request_id));
      results[error->request_id] = error->code;
      if (error->code == ErrorCode::kOverloaded) CHECK(error->retry_after_ms > 0);
    }
  }
  return results;
}

}  // namespace

TEST_CASE("a full queue refuses the message, says when to retry, and keeps the socket") {
  server::ServerOptions options;
  options.max_queue = 2;
  Scene scene(options);
  WebSocketClient client;
  say_hello(client, scene.server->port(), "identity");
  scene.gate->close();
  send(client, 1);
  REQUIRE(scene.gate->await_waiting(1));  // running; the queue is empty
  for (std::uint64_t id = 2; id <= 6; ++id) send(client, id);
  auto results = collect(client, 3);
  for (const std::uint64_t id : {4, 5, 6}) CHECK(results.at(id) == ErrorCode::kOverloaded);
  CHECK(scene.server->metric("sluice_pending_requests") == 2);
  scene.gate->open();
  results = collect(client, 3);
  for (const std::uint64_t id : {1, 2, 3}) CHECK(!results.at(id));
  send(client, 7);
  CHECK(!collect(client, 1).at(7));
  CHECK(scene.requests("ok") == 4);
  CHECK(scene.requests("rejected") == 3);
}

TEST_CASE("more in flight than one connection may have is refused for that connection alone") {
  server::ServerOptions options;
  options.max_in_flight_per_connection = 2;
  Scene scene(options);
  WebSocketClient greedy;
  WebSocketClient modest;
  say_hello(greedy, scene.server->port(), "identity");
  say_hello(modest, scene.server->port(), "identity");
  scene.gate->close();
  for (std::uint64_t id = 1; id <= 4; ++id) send(greedy, id);
  const auto refused = collect(greedy, 2);
  CHECK(refused.at(3) == ErrorCode::kTooManyInFlight);
  CHECK(refused.at(4) == ErrorCode::kTooManyInFlight);
  send(modest, 1);
  scene.gate->open();
  CHECK(!collect(modest, 1).at(1));
  CHECK(collect(greedy, 2).size() == 2);
}

TEST_CASE("a deadline fires while the model still runs, and waiting requests leave the queue") {
  Scene scene;
  WebSocketClient client;
  say_hello(client, scene.server->port(), "identity");
  scene.gate->close();
  send(client, 1, std::chrono::milliseconds(100));
  REQUIRE(scene.gate->await_waiting(1));
  send(client, 2, std::chrono::milliseconds(100));
  const auto results = collect(client, 2);  // although the gate is still closed
  CHECK(results.at(1) == ErrorCode::kDeadlineExpired);
  CHECK(results.at(2) == ErrorCode::kDeadlineExpired);
  CHECK(scene.server->metric("sluice_pending_requests") == 0);
  scene.gate->open();
  send(client, 3);
  CHECK(!collect(client, 1).at(3));
  CHECK(scene.requests("expired") == 2);
  CHECK(scene.server->metric(R"(sluice_late_results_total{model="identity",version="1.0.0"})") == 1);
}

TEST_CASE("a request that arrives without time is not run") {
  Scene scene;
  WebSocketClient client;
  say_hello(client, scene.server->port(), "identity");
  send(client, 1, Duration{0});
  CHECK(collect(client, 1).at(1) == ErrorCode::kDeadlineExpired);
}

TEST_CASE("a cancel frees the slot in the queue") {
  server::ServerOptions options;
  options.max_queue = 1;
  Scene scene(options);
  WebSocketClient client;
  say_hello(client, scene.server->port(), "identity");
  scene.gate->close();
  send(client, 1);
  REQUIRE(scene.gate->await_waiting(1));
  send(client, 2);
  send(client, 3);
  CHECK(collect(client, 1).at(3) == ErrorCode::kOverloaded);
  client.send(wire::Cancel{2});
  CHECK(collect(client, 1).at(2) == ErrorCode::kCancelled);
  send(client, 4);               // takes the place of 2
  client.send(wire::Cancel{1});  // running: its result is dropped
  CHECK(collect(client, 1).at(1) == ErrorCode::kCancelled);
  scene.gate->open();
  CHECK(!collect(client, 1).at(4));
  CHECK(scene.requests("cancelled") == 2);
}

TEST_CASE("a client that goes away frees what it had, and others are served") {
  Scene scene;
  scene.gate->close();
  {
    WebSocketClient gone;
    say_hello(gone, scene.server->port(), "identity");
    for (std::uint64_t id = 1; id <= 5; ++id) send(gone, id);
    REQUIRE(scene.gate->await_waiting(1));
    gone.disconnect();
  }
  // Else the gate may open before the server has seen that the client went.
  REQUIRE(scene.await("sluice_open_connections", 0));
  WebSocketClient other;
  say_hello(other, scene.server->port(), "identity");
  send(other, 1);
  scene.gate->open();
  CHECK(!collect(other, 1).at(1));
  CHECK(scene.requests("ok") == 1);
  CHECK(scene.requests("cancelled") == 5);
  CHECK(scene.server->metric("sluice_open_connections") == 1);
}

TEST_CASE("a reader that does not read is closed when its answers exceed the bound; others are not held up") {
  constexpr std::uint32_t kLarge = 256;  // 786 kB an answer
  TemporaryFolder folder;
  write_plain_bundle(folder.path(), "identity", server::identity_onnx(kLarge), kLarge);
  server::ServerOptions options;
  options.max_unsent_bytes = 1 << 20;
  options.handshake_timeout_ms = 500;  // how long the close may take
  TestServer server(folder.path(), options, real_engine());
  WebSocketClient slow;
  WebSocketClient good;
  say_hello(good, server.port(), "identity");
  WebSocketClient::Options small;
  small.receive_buffer_bytes = 4096;
  REQUIRE(slow.connect(server.port(), small));
  wire::Hello hello;
  hello.bundle = "identity";
  hello.bundle_version = kVersion;
  slow.send(hello);
  REQUIRE(slow.receive());
  // Never reads again. The kernel takes some megabytes before the bound is felt.
  for (std::uint64_t id = 1; id <= 200; ++id) {
    const TensorRequest made(id, std::chrono::seconds(25), kLarge);
    std::string bytes;
    slow.send(made.request);
    if (server.metric("sluice_slow_readers_total") > 0) break;
  }
  for (int patience = 0; patience < 600 && server.metric("sluice_open_connections") != 1; ++patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  CHECK(server.metric("sluice_slow_readers_total") == 1);
  CHECK(server.metric("sluice_open_connections") == 1);
  const TensorRequest made(1, std::chrono::seconds(25), kLarge);
  good.send(made.request);
  CHECK(!collect(good, 1).at(1));
}

TEST_CASE("a drain answers what was accepted, refuses what is new, and ends") {
  Scene scene;
  WebSocketClient client;
  WebSocketClient idle;
  say_hello(client, scene.server->port(), "identity");
  say_hello(idle, scene.server->port(), "identity");
  CHECK(http_get(scene.server->port(), "/v2/health/ready").status == 200);
  scene.gate->close();
  for (std::uint64_t id = 1; id <= 4; ++id) send(client, id);
  REQUIRE(scene.gate->await_waiting(1));
  settle(client);  // all four are accepted
  (**scene.server).drain();
  // The idle connection is told and closed at once.
  auto message = idle.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::Goodbye>(*message));
  CHECK(std::get<wire::Goodbye>(*message).reason == ErrorCode::kShuttingDown);
  CHECK(std::get<wire::Goodbye>(*message).reconnect_after_ms == 1000);
  CHECK(!idle.receive());
  CHECK(idle.close_code() == 1012);
  // The busy one is told, may not ask for more, and gets every answer.
  message = client.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::Goodbye>(*message));
  send(client, 5);
  CHECK(collect(client, 1).at(5) == ErrorCode::kShuttingDown);
  WebSocketClient late;
  CHECK(!late.connect(scene.server->port()));
  scene.gate->open();
  const auto results = collect(client, 4);
  for (const auto& [id, error] : results) CHECK(!error);
  CHECK(!client.receive());
  CHECK(client.close_code() == 1012);
  (**scene.server).wait();
  CHECK(scene.requests("ok") == 4);
}

TEST_CASE("readiness turns false before the drain takes effect") {
  server::ServerOptions options;
  options.pre_stop_delay_ms = 1500;
  Scene scene(options);
  WebSocketClient client;
  say_hello(client, scene.server->port(), "identity");
  (**scene.server).drain();
  HttpAnswer ready;
  do {
    ready = http_get(scene.server->port(), "/v2/health/ready");
  } while (ready.status == 200);
  CHECK(ready.status == 503);
  CHECK(http_get(scene.server->port(), "/v2/health/live").status == 200);
  send(client, 1);  // still served
  CHECK(!collect(client, 1).at(1));
  (**scene.server).wait();
}

TEST_CASE("a drain ends at its time limit, whatever still runs") {
  server::ServerOptions options;
  options.drain_timeout_ms = 200;
  Scene scene(options);
  WebSocketClient client;
  say_hello(client, scene.server->port(), "identity");
  scene.gate->close();
  send(client, 1);
  REQUIRE(scene.gate->await_waiting(1));
  (**scene.server).drain();
  CHECK_FALSE((**scene.server).wait());  // the model runs on
  while (client.receive()) {
  }
  CHECK(client.close_code() == 0);  // cut off
}

TEST_CASE("HTTP inference obeys the same queue and deadlines") {
  server::ServerOptions options;
  options.max_queue = 1;
  options.http_timeout_ms = 300;
  options.allowed_origins = {"https://page.example"};
  Scene scene(options);
  const auto port = scene.server->port();
  const std::string body(std::size_t{3} * kSide * kSide * sizeof(float), '\0');
  const Headers raw = {{"Inference-Header-Content-Length", "0"}, {"Origin", "https://page.example"}};
  const auto infer = [&] { return http_request(port, "POST", "/v2/models/identity/infer", body, raw); };
  CHECK(infer().status == 200);
  scene.gate->close();
  WebSocketClient client;
  say_hello(client, port, "identity");
  send(client, 1);
  REQUIRE(scene.gate->await_waiting(1));
  CHECK(infer().status == 504);  // waited in the queue
  send(client, 2);
  settle(client);  // 2 is in the queue by now
  const auto full = infer();
  CHECK(full.status == 429);
  CHECK(full.headers.contains("retry-after"));
  CHECK(full.headers.at("access-control-allow-origin") == "https://page.example");
  scene.gate->open();
  CHECK(collect(client, 2).size() == 2);
  // The model has just shown that it can take longer than this budget, so requests are dropped until that is forgotten.
  HttpAnswer again;
  for (int patience = 0; patience < 600 && again.status != 200; ++patience) {
    again = infer();
    if (again.status != 200) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  CHECK(again.status == 200);
}

TEST_CASE("the requests of all connections together are bounded in bytes, those that still arrive included") {
  server::ServerOptions options;
  options.max_held_bytes = options.max_message_bytes = options.max_http_body_bytes =
      4096;  // five requests of some 810 bytes
  Scene scene(options);
  const auto held = [&](double low, double high) {
    for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
      const double now = scene.server->metric("sluice_held_bytes");
      if (now >= low && now <= high) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  };
  const auto refusal = [](WebSocketClient& client, std::uint64_t id) {
    const auto message = client.receive();
    REQUIRE(message);
    REQUIRE(std::holds_alternative<wire::ErrorMessage>(*message));
    const auto& error = std::get<wire::ErrorMessage>(*message);
    CHECK(error.request_id == id);
    CHECK(error.code == ErrorCode::kOverloaded);
    CHECK(error.retry_after_ms > 0);
    return error.message;
  };
  WebSocketClient first;
  WebSocketClient second;
  say_hello(first, scene.server->port(), "identity");
  say_hello(second, scene.server->port(), "identity");
  CHECK(held(0, 0));
  scene.gate->close();
  for (std::uint64_t id = 1; id <= 2; ++id) {
    send(first, id);
    send(second, id);
  }
  send(second, 3);
  REQUIRE(held(3900, 4096));
  send(second, 4);
  CHECK(refusal(second, 4).find("max_held_bytes 4096") != std::string::npos);
  const auto over_http =
      http_request(scene.server->port(), "POST", "/v2/models/identity/infer", std::string(1000, ' '));
  CHECK(over_http.status == 503);
  CHECK(over_http.body.find("max_held_bytes") != std::string::npos);
  CHECK(over_http.headers.contains("retry-after"));
  CHECK(http_get(scene.server->port(), "/v2/health/ready").status == 200);
  scene.gate->open();
  for (int i = 0; i < 2; ++i) {
    CHECK(first.receive());
    CHECK(second.receive());
  }
  CHECK(second.receive());
  CHECK(held(0, 0));
  {
    RawSocket slow(scene.server->port());  // a body that does not come counts from its header on
    REQUIRE(slow.send("POST /v2/models/identity/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3500\r\n\r\n"));
    REQUIRE(held(3500, 3500));
    send(first, 3);
    refusal(first, 3);
  }
  CHECK(held(0, 0));
  send(first, 4);
  CHECK(first.receive());
  CHECK(scene.requests("rejected") == 3);
}

TEST_CASE("a message that does not fit into what the server may hold closes its connection, to come back later") {
  server::ServerOptions options;
  options.max_held_bytes = options.max_message_bytes = 100'000;
  options.max_http_body_bytes = 60'000;
  Scene scene(options);
  RawSocket slow(scene.server->port());
  REQUIRE(slow.send("POST /v2/models/identity/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"));
  REQUIRE(scene.await("sluice_held_bytes", 60'000));
  WebSocketClient client;
  say_hello(client, scene.server->port(), "identity");
  client.send_bytes(std::string(90'000, 'x'));
  CHECK_FALSE(client.receive());
  CHECK(client.close_code() == 1013);
  WebSocketClient another;
  say_hello(another, scene.server->port(), "identity");
  scene.gate->open();
  send(another, 1);
  CHECK(another.receive());
}
