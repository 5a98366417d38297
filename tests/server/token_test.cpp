// Tokens in the server: who is let in and how others are told, rates, shares, and tokens that are revoked while connected.
#include <doctest/doctest.h>

#include <map>
#include <thread>

#include "server/bench/identity_model.hpp"
#include "server/models/sha256.hpp"
#include "tests/server/gated_engine.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kSide = 8;

std::string line_of(const std::string& name, const std::string& token, const std::string& more = "") {
  return name + " " + server::sha256_hex(as_bytes(token)).value() + " " + more + "\n";
}

// One worker behind a gate, for the tokens "alpha" and "beta" unless the test writes others.
struct Scene {
  explicit Scene(const std::string& tokens = line_of("one", "alpha") + line_of("two", "beta"),
                 server::ServerOptions options = {}) {
    write_plain_bundle(folder.path() / "bundles", "identity", server::identity_onnx(kSide), kSide);
    write_all(file(), tokens);
    options.token_file = file();
    options.workers = 1;
    options.inline_compute_us = 0;
    server = std::make_unique<TestServer>(folder.path() / "bundles", options, gated(real_engine(), gate));
  }
  ~Scene() { gate->open(); }

  std::filesystem::path file() const { return folder.path() / "tokens"; }
  std::uint16_t port() const { return server->port(); }
  double refused() const { return server->metric(R"(sluice_refused_connections_total{reason="token"})"); }
  double loads(const std::string& outcome) const {
    return server->metric("sluice_credential_loads_total{credential=\"tokens\",outcome=\"" + outcome + "\"}");
  }
  void reload(const std::string& tokens) const {
    const auto all = [&] { return loads("loaded") + loads("failed"); };
    write_all(file(), tokens);
    const double before = all();
    (**server).reload();
    for (int i = 0; i < 600 && all() == before; ++i) std::this_thread::sleep_for(50ms);
    CHECK(all() != before);
  }

  TemporaryFolder folder;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::unique_ptr<TestServer> server;
};

WebSocketClient::Options with(const std::string& token) {
  WebSocketClient::Options options;
  options.authorization = "Bearer " + token;
  return options;
}

Headers bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

struct Tensor {
  std::vector<float> values = std::vector<float>(std::size_t{3} * kSide * kSide, 1.0F);
  wire::Request request(std::uint64_t id) const {
    wire::Request made;
    made.id = id;
    made.budget = 25s;
    made.tensors.push_back({"input", {DataType::kFloat32, {1, 3, kSide, kSide}, std::as_bytes(std::span(values))}});
    return made;
  }
};

void send(WebSocketClient& client, std::uint64_t id) {
  const Tensor tensor;
  client.send(tensor.request(id));
}

// The next message is an answer to `id`.
bool answered(WebSocketClient& client, std::uint64_t id) {
  const auto message = client.receive();
  return message && std::holds_alternative<wire::Answer>(*message) && std::get<wire::Answer>(*message).request_id == id;
}

wire::ErrorMessage error_for(WebSocketClient& client, std::uint64_t id) {
  const auto message = client.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::ErrorMessage>(*message));
  const auto error = std::get<wire::ErrorMessage>(*message);
  CHECK(error.request_id == id);
  return error;
}

// Upgraded, told why not, and closed.
void check_refused(const Scene& scene, const WebSocketClient::Options& options, const std::string& word) {
  WebSocketClient client;
  REQUIRE(client.connect(scene.port(), options));
  CHECK(client.subprotocol() == "sluice.v1");
  const auto error = error_for(client, 0);
  CHECK(error.code == ErrorCode::kUnauthenticated);
  CHECK_MESSAGE(error.message.find(word) != std::string::npos, error.message);
  CHECK_FALSE(client.receive());
  CHECK(client.close_code() == 1008);
}

std::string infer_body() {
  std::string data;
  for (std::uint32_t i = 0; i < 3 * kSide * kSide; ++i) data += i == 0 ? "1" : ",1";
  return R"({"inputs":[{"name":"input","datatype":"FP32","shape":[1,3,8,8],"data":[)" + data + "]}]}";
}

}  // namespace

TEST_CASE("over HTTP what is not health or a page wants a token") {
  const Scene scene;
  const auto port = scene.port();
  for (const char* open : {"/v2/health/live", "/v2/health/ready", "/"})
    CHECK_MESSAGE(http_get(port, open).status == 200, open);
  for (const char* closed : {"/v2", "/v2/models/identity", "/v2/models/identity/ready",
                             "/bundles/identity/manifest.json", "/bundles/nobody/manifest.json", "/metrics"}) {
    const auto none = http_get(port, closed);
    CHECK_MESSAGE(none.status == 401, closed);
    CHECK(none.headers.at("www-authenticate") == R"(Bearer realm="sluice")");
    CHECK(none.body.find("\"unauthenticated\"") != std::string::npos);
    CHECK(none.body.find("Authorization: Bearer TOKEN") != std::string::npos);
    const auto wrong = http_get(port, closed, bearer("gamma"));
    CHECK(wrong.status == 401);
    CHECK(wrong.headers.at("www-authenticate").find("invalid_token") != std::string::npos);
    CHECK(http_get(port, closed, bearer("alpha")).status != 401);
  }
  CHECK(http_request(port, "POST", "/v2/repository/index").status == 401);
  CHECK(http_request(port, "POST", "/v2/repository/index", "", bearer("alpha")).status == 200);
  CHECK(http_request(port, "POST", "/v2/models/identity/infer", infer_body()).status == 401);
  CHECK(http_request(port, "POST", "/v2/models/identity/infer", infer_body(), bearer("beta")).status == 200);
  CHECK(scene.refused() == 14);
}

TEST_CASE("without a token file nobody needs a token") {
  TemporaryFolder folder;
  write_plain_bundle(folder.path(), "identity", server::identity_onnx(kSide), kSide);
  TestServer server(folder.path(), {}, real_engine());
  CHECK(http_get(server.port(), "/metrics").status == 200);
  WebSocketClient client;
  say_hello(client, server.port(), "identity", with("anything"));
}

TEST_CASE("a stream opens with a token in the header or in a subprotocol, and others are told") {
  const Scene scene;
  WebSocketClient native;
  say_hello(native, scene.port(), "identity", with("alpha"));
  send(native, 1);
  CHECK(answered(native, 1));
  WebSocketClient page;
  WebSocketClient::Options options;
  options.subprotocol = "sluice.v1, sluice.bearer.YmV0YQ";
  say_hello(page, scene.port(), "identity", options);
  CHECK(page.subprotocol() == "sluice.v1");
  send(page, 1);
  CHECK(answered(page, 1));

  CHECK(scene.refused() == 0);
  check_refused(scene, {}, "no token came");
  check_refused(scene, with("gamma"), "is not, or no longer");
  options.subprotocol = "sluice.v1, sluice.bearer.Z2FtbWE";
  check_refused(scene, options, "is not, or no longer");
  options.subprotocol = "sluice.v1, sluice.bearer.!";
  check_refused(scene, options, "base64url");
  CHECK(scene.refused() == 4);
  CHECK(scene.server->metric("sluice_slow_readers_total") == 0);
  send(native, 2);
  CHECK(answered(native, 2));
}

TEST_CASE("a token revoked while connected ends its connections and requests with the reason, and nobody else's") {
  const Scene scene;
  WebSocketClient revoked;
  WebSocketClient waiting;  // for its hello
  WebSocketClient other;
  say_hello(revoked, scene.port(), "identity", with("alpha"));
  say_hello(other, scene.port(), "identity", with("beta"));
  REQUIRE(waiting.connect(scene.port(), with("alpha")));
  scene.gate->close();
  send(revoked, 1);
  REQUIRE(scene.gate->await_waiting(1));
  send(revoked, 2);
  send(other, 1);
  other.send(wire::Ping{7});
  REQUIRE(other.receive());

  scene.reload(line_of("two", "beta"));
  for (const std::uint64_t id : {1, 2, 0}) {
    const auto error = error_for(revoked, id);
    CHECK(error.code == ErrorCode::kUnauthenticated);
    CHECK(error.message.find("token 'one' was revoked") != std::string::npos);
  }
  CHECK_FALSE(revoked.receive());
  CHECK(revoked.close_code() == 1008);
  CHECK(error_for(waiting, 0).code == ErrorCode::kUnauthenticated);
  CHECK_FALSE(waiting.receive());
  CHECK(waiting.close_code() == 1008);
  scene.gate->open();
  CHECK(answered(other, 1));
  check_refused(scene, with("alpha"), "is not, or no longer");
  CHECK(http_get(scene.port(), "/v2", bearer("alpha")).status == 401);
  CHECK(http_get(scene.port(), "/v2", bearer("beta")).status == 200);
  CHECK(scene.server->metric(R"(sluice_requests_total{model="identity",outcome="rejected",version="1.0.0"})") == 2);
  CHECK(scene.server->metric("sluice_slow_readers_total") == 0);
}

TEST_CASE("a token file that cannot be read anew changes nothing") {
  const Scene scene;
  WebSocketClient client;
  say_hello(client, scene.port(), "identity", with("alpha"));
  scene.reload("one alpha\n");
  CHECK(scene.loads("failed") == 1);
  scene.reload("");
  CHECK(scene.loads("failed") == 2);
  send(client, 1);
  CHECK(answered(client, 1));
  CHECK(http_get(scene.port(), "/v2", bearer("alpha")).status == 200);
  CHECK(http_get(scene.port(), "/v2").status == 401);
}

TEST_CASE("requests above a token's rate are refused with a time, over all its connections, and others' are not") {
  // One in 100 seconds, so that no test takes long enough for another.
  const Scene scene(line_of("one", "alpha", "rate=0.01 burst=3") + line_of("two", "beta"));
  WebSocketClient first;
  WebSocketClient second;
  WebSocketClient other;
  say_hello(first, scene.port(), "identity", with("alpha"));
  say_hello(second, scene.port(), "identity", with("alpha"));
  say_hello(other, scene.port(), "identity", with("beta"));
  send(first, 1);
  CHECK(answered(first, 1));
  send(second, 1);
  CHECK(answered(second, 1));
  CHECK(http_request(scene.port(), "POST", "/v2/models/identity/infer", infer_body(), bearer("alpha")).status == 200);
  send(first, 2);
  const auto refused = error_for(first, 2);
  CHECK(refused.code == ErrorCode::kRateLimited);
  CHECK(refused.message.find("token 'one' may make 0.01 requests a second") == 0);
  CHECK(refused.retry_after_ms > 50'000);
  CHECK(refused.retry_after_ms <= 100'000);
  const auto http = http_request(scene.port(), "POST", "/v2/models/identity/infer", infer_body(), bearer("alpha"));
  CHECK(http.status == 429);
  CHECK(http.body.find("\"rate_limited\"") != std::string::npos);
  CHECK(std::stoi(http.headers.at("retry-after")) > 50);
  CHECK(http_get(scene.port(), "/v2", bearer("alpha")).status == 200);  // no inference
  for (std::uint64_t id = 1; id <= 6; ++id) {
    send(other, id);
    CHECK(answered(other, id));
  }
  CHECK(scene.server->metric(R"(sluice_rate_limited_requests_total{token="one"})") == 2);
  send(first, 3);  // the socket stays
  CHECK(error_for(first, 3).code == ErrorCode::kRateLimited);
}

TEST_CASE("the connections of one token count together in the queue") {
  server::ServerOptions options;
  options.max_queue = 2;
  const Scene scene(line_of("one", "alpha") + line_of("two", "beta"), options);
  WebSocketClient first;
  WebSocketClient second;
  WebSocketClient other;
  say_hello(first, scene.port(), "identity", with("alpha"));
  say_hello(second, scene.port(), "identity", with("alpha"));
  say_hello(other, scene.port(), "identity", with("beta"));
  scene.gate->close();
  send(first, 1);
  REQUIRE(scene.gate->await_waiting(1));
  send(first, 2);
  first.send(wire::Ping{7});
  REQUIRE(first.receive());
  send(second, 1);
  second.send(wire::Ping{7});
  REQUIRE(second.receive());
  // Each connection has one in the queue, the token two: one of them gives way.
  send(other, 1);
  const auto evicted = error_for(second, 1);
  CHECK(evicted.code == ErrorCode::kOverloaded);
  scene.gate->open();
  CHECK(answered(other, 1));
}
