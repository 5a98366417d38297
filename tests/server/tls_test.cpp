// TLS in the server: what it speaks, whom it refuses and how, and certificates that are replaced while it serves.
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <cstring>
#include <thread>

#include "server/bench/identity_model.hpp"
#include "server/security/tls_context.hpp"
#include "tests/native/test_certificate.hpp"
#include "tests/server/raw_socket.hpp"
#include "tests/server/test_server.hpp"
#include "tests/server/tls_probe.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kSide = 256;  // 786 kB a tensor: many TLS records

struct Scene {
  explicit Scene(server::ServerOptions options = {}) {
    write_plain_bundle(folder.path() / "bundles", "identity", server::identity_onnx(kSide), kSide);
    put(make_certificate());
    options.tls_certificate = folder.path() / "chain.pem";
    options.tls_key = folder.path() / "key.pem";
    server = std::make_unique<TestServer>(folder.path() / "bundles", options, real_engine());
  }
  void put(const PemPair& pair) const {
    write_all(folder.path() / "chain.pem", pair.certificate);
    write_all(folder.path() / "key.pem", pair.key);
  }
  // Reloads and waits until that is done.
  void reload() const {
    const auto loads = [&] {
      return server->metric(R"(sluice_credential_loads_total{credential="certificate",outcome="loaded"})") +
             server->metric(R"(sluice_credential_loads_total{credential="certificate",outcome="failed"})");
    };
    const double before = loads();
    (**server).reload();
    for (int i = 0; i < 600 && loads() == before; ++i) std::this_thread::sleep_for(50ms);
    CHECK(loads() != before);
  }

  TemporaryFolder folder;
  std::unique_ptr<TestServer> server;
};

WebSocketClient::Options over_tls() {
  WebSocketClient::Options options;
  options.tls = true;
  return options;
}

// Sends a tensor, and is answered with the same.
void check_answer(WebSocketClient& client, std::uint64_t id) {
  const std::vector<float> values(std::size_t{3} * kSide * kSide, static_cast<float>(id));
  wire::Request request;
  request.id = id;
  request.budget = 20s;
  request.tensors.push_back({"input", {DataType::kFloat32, {1, 3, kSide, kSide}, std::as_bytes(std::span(values))}});
  client.send(request);
  const auto message = client.receive();
  REQUIRE(message);
  REQUIRE(std::holds_alternative<wire::Answer>(*message));
  const auto& outputs = std::get<wire::Answer>(*message).outputs;
  REQUIRE(outputs.size() == 1);
  const auto bytes = outputs[0].tensor.bytes;
  REQUIRE(bytes.size() == values.size() * sizeof(float));
  CHECK(std::memcmp(bytes.data(), values.data(), bytes.size()) == 0);
}

}  // namespace

TEST_CASE("pages, requests and streams are served over TLS") {
  const Scene scene;
  const auto port = scene.server->port();
  CHECK((**scene.server).url() == "https://127.0.0.1:" + std::to_string(port));
  CHECK(https_get(port, "/v2/health/ready").status == 200);
  const auto manifest = https_get(port, "/bundles/identity/manifest.json");
  CHECK(manifest.status == 200);
  CHECK(manifest.body.find("\"identity\"") != std::string::npos);
  WebSocketClient client;
  say_hello(client, port, "identity", over_tls());
  for (std::uint64_t id = 1; id <= 3; ++id) check_answer(client, id);
  client.close();
}

TEST_CASE("TLS 1.2 and 1.3 are spoken with HTTP/1.1, and nothing else is") {
  const Scene scene;
  const auto port = scene.server->port();
  const auto newest = tls_handshake(port, {.protocols = {"h2", "http/1.1"}});
  CHECK_MESSAGE(newest.done, newest.problem);
  CHECK(newest.version == "TLSv1.3");
  CHECK(newest.protocol == "http/1.1");
  CHECK(newest.subject == "CN=localhost");
  CHECK(tls_handshake(port, {.newest_version = TLS1_2_VERSION}).version == "TLSv1.2");
  const auto old = tls_handshake(port, {.newest_version = TLS1_1_VERSION});
  CHECK_FALSE(old.done);
  CHECK(old.problem.find("protocol version") != std::string::npos);
  const auto http2 = tls_handshake(port, {.protocols = {"h2"}});
  CHECK_FALSE(http2.done);
  CHECK(http2.problem.find("no application protocol") != std::string::npos);
}

TEST_CASE("who comes without TLS is told in words, and others are served") {
  const Scene scene;
  const auto port = scene.server->port();
  const auto answer = http_get(port, "/");
  CHECK(answer.status == 400);
  CHECK(answer.body.find("https://") != std::string::npos);
  CHECK(answer.body.find("handshake_refused") != std::string::npos);
  WebSocketClient plain;
  CHECK_FALSE(plain.connect(port));
  CHECK(plain.status() == 400);
  RawSocket noise(port);
  REQUIRE(noise.send("\x16\x03\x01 and then nothing of TLS, but enough of it that a record could have been here"));
  noise.read_to_end();
  CHECK_FALSE(noise.read_timed_out());
  CHECK(scene.server->metric(R"(sluice_refused_connections_total{reason="tls"})") == 3);
  CHECK(https_get(port, "/v2/health/ready").status == 200);
}

TEST_CASE("a handshake that does not come, or does not end, is given up in time") {
  server::ServerOptions options;
  options.handshake_timeout_ms = 300;
  const Scene scene(options);
  RawSocket silent(scene.server->port());
  RawSocket begun(scene.server->port());
  REQUIRE(begun.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)));
  for (auto* one : {&silent, &begun}) {
    one->read_to_end();
    CHECK_FALSE(one->read_timed_out());
  }
  // Counted just after the socket is closed.
  const auto given_up = [&] { return scene.server->metric(R"(sluice_refused_connections_total{reason="timeout"})"); };
  for (int i = 0; i < 600 && given_up() < 2; ++i) std::this_thread::sleep_for(50ms);
  CHECK(given_up() == 2);
}

TEST_CASE("a pair that cannot be used is refused with its file, the reason and what to do") {
  const TemporaryFolder folder;
  const auto file = [&](const std::string& name, const std::string& text) {
    write_all(folder.path() / name, text);
    return folder.path() / name;
  };
  const auto pair = make_certificate();
  const auto good_chain = file("chain.pem", pair.certificate);
  const auto good_key = file("key.pem", pair.key);
  CHECK(server::load_tls_context(good_chain, good_key));
  CHECK(server::load_tls_context(file("both.pem", pair.key + pair.certificate), folder.path() / "both.pem"));

  const auto refused = [](const std::filesystem::path& chain, const std::filesystem::path& key, ErrorCode code,
                          std::vector<std::string> words) {
    const auto made = server::load_tls_context(chain, key);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == code);
    for (const auto& word : words)
      CHECK_MESSAGE(made.error().message.find(word) != std::string::npos, made.error().message);
  };
  constexpr auto kInvalid = ErrorCode::kInvalidCertificate;
  const auto other_key = file("other.pem", make_certificate().key);
  refused(good_chain, other_key, kInvalid, {"--tls-key " + other_key.string(), "does not belong", "CN=localhost"});
  refused(folder.path() / "none", good_key, ErrorCode::kIoError, {"--tls-certificate", "none"});
  refused(good_chain, folder.path() / "none", ErrorCode::kIoError, {"--tls-key", "none"});
  refused(good_key, good_key, kInvalid, {"--tls-certificate", "key.pem", "no PEM certificate"});
  refused(good_chain, good_chain, kInvalid, {"--tls-key", "chain.pem", "no PEM private key"});
  auto damaged = pair.certificate;
  damaged[damaged.size() / 2] = '!';
  refused(file("damaged.pem", damaged), good_key, kInvalid,
          {"--tls-certificate", "damaged.pem", "certificate 1 is damaged"});
  refused(file("second.pem", pair.certificate + damaged), good_key, kInvalid, {"certificate 2 is damaged"});
  const auto locked = make_certificate({.key_password = "open sesame"});
  refused(file("locked.pem", locked.certificate), file("locked-key.pem", locked.key), kInvalid,
          {"--tls-key", "locked-key.pem", "is encrypted"});
}

TEST_CASE("a reload gives new connections the new certificate; one that cannot be used leaves the old") {
  const Scene scene;
  const auto port = scene.server->port();
  WebSocketClient old;
  say_hello(old, port, "identity", over_tls());
  const auto loads = [&](const std::string& outcome) {
    return scene.server->metric("sluice_credential_loads_total{credential=\"certificate\",outcome=\"" + outcome +
                                "\"}");
  };
  const auto now_s = [] { return static_cast<double>(std::time(nullptr)); };
  CHECK(loads("loaded") == 1);
  CHECK(scene.server->metric("sluice_tls_certificate_expiry_seconds") > now_s() + 3000);
  CHECK(scene.server->metric("sluice_tls_certificate_expiry_seconds") < now_s() + 4000);

  scene.put(make_certificate({.name = "new.example", .valid_for = 2h}));
  scene.reload();
  CHECK(loads("loaded") == 2);
  CHECK(tls_handshake(port).subject == "CN=new.example");
  CHECK(scene.server->metric("sluice_tls_certificate_expiry_seconds") > now_s() + 7000);
  check_answer(old, 1);

  auto torn = make_certificate({.name = "torn.example"});
  torn.key.resize(torn.key.size() / 2);
  scene.put(torn);
  scene.reload();
  CHECK(loads("failed") == 1);
  CHECK(loads("loaded") == 2);
  CHECK(tls_handshake(port).subject == "CN=new.example");
  check_answer(old, 2);
}

TEST_CASE("an expired certificate is served, for the client to refuse") {
  Scene scene;
  scene.put(make_certificate({.valid_for = -60s}));
  scene.reload();
  CHECK(tls_handshake(scene.server->port()).done);
  CHECK(https_get(scene.server->port(), "/v2/health/ready").status == 200);
  CHECK(scene.server->metric("sluice_tls_certificate_expiry_seconds") < static_cast<double>(std::time(nullptr)));
}

TEST_CASE("a drain says goodbye over TLS too") {
  const Scene scene;
  WebSocketClient client;
  say_hello(client, scene.server->port(), "identity", over_tls());
  (**scene.server).drain();
  const auto message = client.receive();
  REQUIRE(message);
  CHECK(std::holds_alternative<wire::Goodbye>(*message));
  CHECK_FALSE(client.receive());
  CHECK(client.close_code() == 1012);
  CHECK((**scene.server).wait());
}
