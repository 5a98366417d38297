// Pages, bundle files, health and metrics over HTTP, and who is kept out: other origins, other hosts, other subprotocols,
// paths that lead elsewhere, bytes that are no HTTP.
#include <doctest/doctest.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "server/bench/identity_model.hpp"
#include "server/models/sha256.hpp"
#include "tests/server/raw_socket.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

struct Site {
  explicit Site(server::ServerOptions options = {}) {
    write_plain_bundle(folder.path() / "bundles", "identity", server::identity_onnx(8), 8);
    write_all(folder.path() / "secret.txt", "secret");
    write_all(root() / "index.html", "<!doctype html><title>demo</title>");
    write_all(root() / "assets/gate-1a2b.wasm", std::string("\0asm", 4));
    write_all(root() / "assets/main.js", "export {};");
    write_all(root() / ".env", "secret");
    write_all(root() / "clip.mp4", std::string(100'000, 'v'));
    std::filesystem::create_symlink(folder.path() / "secret.txt", root() / "link.txt");
    options.web_root = root();
    server = std::make_unique<TestServer>(folder.path() / "bundles", options, real_engine());
    port = server->port();
  }
  std::filesystem::path root() const { return folder.path() / "site"; }

  TemporaryFolder folder;
  std::unique_ptr<TestServer> server;
  std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("pages come with the type and the policy that wasm and workers need") {
  Site site;
  const auto page = http_get(site.port, "/");
  CHECK(page.status == 200);
  CHECK(page.body == "<!doctype html><title>demo</title>");
  CHECK(page.headers.at("content-type") == "text/html; charset=utf-8");
  CHECK(page.headers.at("cross-origin-opener-policy") == "same-origin");
  CHECK(page.headers.at("cross-origin-embedder-policy") == "require-corp");
  CHECK(page.headers.at("x-content-type-options") == "nosniff");
  const auto& policy = page.headers.at("content-security-policy");
  CHECK(policy.find("script-src 'self' 'wasm-unsafe-eval'") != std::string::npos);
  CHECK(policy.find("worker-src 'self'") != std::string::npos);
  CHECK(policy.find("'unsafe-eval'") == std::string::npos);

  const auto wasm = http_get(site.port, "/assets/gate-1a2b.wasm?v=1");
  CHECK(wasm.headers.at("content-type") == "application/wasm");
  CHECK(wasm.headers.at("cache-control").find("immutable") != std::string::npos);
  CHECK(http_get(site.port, "/assets/main.js").headers.at("content-type") == "text/javascript; charset=utf-8");
  CHECK(http_get(site.port, "/nothing.html").status == 404);
  CHECK(http_request(site.port, "POST", "/", "x").status == 405);
}

TEST_CASE("a page that did not change is not sent again, and parts can be asked for") {
  Site site;
  const auto first = http_get(site.port, "/clip.mp4");
  CHECK(first.body.size() == 100'000);
  const auto again = http_get(site.port, "/clip.mp4", {{"If-None-Match", first.headers.at("etag")}});
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  const auto head = http_request(site.port, "HEAD", "/clip.mp4");
  CHECK(head.status == 200);
  CHECK(head.headers.at("content-length") == "100000");

  const auto part = http_get(site.port, "/clip.mp4", {{"Range", "bytes=10-19"}});
  CHECK(part.status == 206);
  CHECK(part.body.size() == 10);
  CHECK(part.headers.at("content-range") == "bytes 10-19/100000");
  CHECK(http_get(site.port, "/clip.mp4", {{"Range", "bytes=-5"}}).headers.at("content-range") ==
        "bytes 99995-99999/100000");
  CHECK(http_get(site.port, "/clip.mp4", {{"Range", "bytes=100000-"}}).status == 416);
  CHECK(http_get(site.port, "/clip.mp4", {{"Range", "lines=1-2"}}).body.size() == 100'000);
}

TEST_CASE("no path leads out of the web root") {
  Site site;
  for (const char* path : {"/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt",
                           "/assets/..%5c..%5csecret.txt", "//etc/passwd", "/%00", "/.env", "/link.txt", "/assets/%",
                           "/%zz", "/....//secret.txt", "/C:/secret.txt", "/bundles/../secret.txt",
                           "/bundles/identity/../../secret.txt", "/bundles/identity/%2e%2e/manifest.json"}) {
    const auto answer = http_get(site.port, path);
    CHECK_MESSAGE(answer.status == 404, path, " gave ", answer.status);
    CHECK(answer.body != "secret");
  }
}

TEST_CASE("bundle files are those that were verified") {
  Site site;
  const auto manifest = http_get(site.port, "/bundles/identity/manifest.json");
  CHECK(manifest.status == 200);
  CHECK(manifest.headers.at("content-type") == "application/json");
  CHECK(manifest.body.find("\"identity\"") != std::string::npos);
  const auto part = http_get(site.port, "/bundles/identity/model.onnx");
  CHECK(part.body == server::identity_onnx(8));
  CHECK(part.headers.at("etag") == "\"" + *server::sha256_hex(as_bytes(part.body)) + "\"");
  CHECK(http_get(site.port, "/bundles/identity/model.onnx", {{"If-None-Match", part.headers.at("etag")}}).status ==
        304);
  CHECK(http_get(site.port, "/bundles/identity/other.onnx").status == 404);
  CHECK(http_get(site.port, "/bundles/nobody/manifest.json").status == 404);
}

TEST_CASE("pages of other origins are kept out unless they are listed, exactly") {
  server::ServerOptions options;
  options.allowed_origins = {"https://app.example.org"};
  options.allowed_hosts = {"vision.example.org"};
  Site site(options);
  const auto upgrade_status = [&](const std::string& origin, const std::string& host = {}) {
    WebSocketClient client;
    WebSocketClient::Options how;
    how.origin = origin;
    how.host = host;
    client.connect(site.port, how);
    return client.status();
  };
  const std::string own = "127.0.0.1:" + std::to_string(site.port);
  CHECK(upgrade_status("") == 101);  // no page
  CHECK(upgrade_status("http://" + own) == 101);
  CHECK(upgrade_status("https://app.example.org") == 101);
  CHECK(upgrade_status("https://app.example.org.evil.net") == 403);
  CHECK(upgrade_status("http://app.example.org") == 403);
  CHECK(upgrade_status("https://evil.net") == 403);
  CHECK(upgrade_status("null") == 403);
  CHECK(upgrade_status("http://127.0.0.1:1") == 403);
  // A name rebound to this machine: its page's origin equals its host, so the host is checked.
  CHECK(upgrade_status("http://evil.net", "evil.net") == 421);
  CHECK(upgrade_status("https://vision.example.org", "vision.example.org") == 101);
  CHECK(http_get(site.port, "/", {{"Host", "evil.net"}}).status == 421);
  CHECK(http_get(site.port, "/", {{"Host", "localhost:" + std::to_string(site.port)}}).status == 200);
  // As for a proxy: the host is the target's.
  CHECK(http_get(site.port, "http://localhost/v2/health/live", {{"Host", "evil.net"}}).status == 200);
  CHECK(http_get(site.port, "https://localhost/v2/health/live", {{"Host", "evil.net"}}).status == 200);
  CHECK(http_get(site.port, "HTTP://" + own).status == http_get(site.port, "/").status);
  CHECK(http_get(site.port, "http://evil.net/v2/health/live", {{"Host", "localhost"}}).status == 421);
  CHECK(http_get(site.port, "http://user@localhost/", {{"Host", "localhost"}}).status == 421);
  CHECK(http_get(site.port, "http://", {{"Host", "localhost"}}).status == 421);
  CHECK(http_request(site.port, "POST", "/v2/models/identity/infer", "{}", {{"Origin", "https://evil.net"}}).status ==
        403);
  const auto shared = http_get(site.port, "/bundles/identity/manifest.json", {{"Origin", "https://app.example.org"}});
  CHECK(shared.headers.at("access-control-allow-origin") == "https://app.example.org");
  CHECK(!http_get(site.port, "/bundles/identity/manifest.json", {{"Origin", "https://evil.net"}})
             .headers.contains("access-control-allow-origin"));
  CHECK(site.server->metric("sluice_refused_connections_total{reason=\"origin\"}") == 6);
  CHECK(site.server->metric("sluice_refused_connections_total{reason=\"host\"}") == 5);
}

TEST_CASE("the WebSocket takes its own subprotocol and path only") {
  Site site;
  WebSocketClient::Options how;
  how.subprotocol = "chat";
  WebSocketClient wrong;
  CHECK(!wrong.connect(site.port, how));
  CHECK(wrong.status() == 400);
  how.subprotocol = "";
  WebSocketClient none;
  CHECK(!none.connect(site.port, how));
  CHECK(none.status() == 400);
  how.subprotocol = "chat, sluice.v1";
  WebSocketClient one_of;
  CHECK(one_of.connect(site.port, how));
  how = {};
  how.target = "/elsewhere";
  WebSocketClient elsewhere;
  CHECK(!elsewhere.connect(site.port, how));
  CHECK(elsewhere.status() == 404);
  CHECK(http_get(site.port, "/v1/stream").status == 426);
}

TEST_CASE("bytes that are no HTTP get 400, and the port goes on serving") {
  Site site;
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string("hello\r\n\r\n"),
        std::string("GET / HTTP/9.9\r\n\r\n"), std::string("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n")}) {
    RawSocket socket(site.port);
    REQUIRE(socket.connected());
    socket.send(garbage);
    const auto answer = socket.read_to_end();
    CHECK(!socket.read_timed_out());
    CHECK(answer.starts_with("HTTP/1.1 400"));
  }
  RawSocket nameless(site.port);
  nameless.send("GET / HTTP/1.1\r\n\r\n");
  CHECK(nameless.read_to_end().starts_with("HTTP/1.1 421"));
  RawSocket long_header(site.port);
  long_header.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + std::string(40'000, 'x') + "\r\n\r\n");
  CHECK(long_header.read_to_end().starts_with("HTTP/1.1 431"));
  RawSocket large_body(site.port);
  large_body.send("POST /v2/models/identity/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n");
  CHECK(large_body.read_to_end().starts_with("HTTP/1.1 413"));
  CHECK(http_get(site.port, "/").status == 200);
}

TEST_CASE("requests that are never finished time out") {
  server::ServerOptions options;
  options.handshake_timeout_ms = 200;
  options.http_timeout_ms = 200;
  Site site(options);
  RawSocket silent(site.port);
  RawSocket half_header(site.port);
  half_header.send("GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: webs");
  RawSocket half_body(site.port);
  half_body.send("POST /v2/models/identity/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{");
  WebSocketClient no_hello;
  REQUIRE(no_hello.connect(site.port));
  for (auto* socket : {&silent, &half_header, &half_body}) {
    socket->read_to_end();
    CHECK(!socket->read_timed_out());
  }
  while (no_hello.receive()) {
  }
  CHECK(no_hello.close_code() == 1008);
  CHECK(site.server->metric("sluice_open_connections") <= 1);
}

TEST_CASE("more connections than allowed are refused in words") {
  server::ServerOptions options;
  options.max_connections = 2;
  Site site(options);
  WebSocketClient first;
  WebSocketClient second;
  say_hello(first, site.port, "identity");
  say_hello(second, site.port, "identity");
  WebSocketClient third;
  REQUIRE(third.connect(site.port));
  CHECK(!third.receive());
  CHECK(third.close_code() == 1013);
  CHECK(http_get(site.port, "/").status == 503);
  CHECK(http_get(site.port, "/v2/health/live").status == 200);
  CHECK(http_get(site.port, "/v2/health/ready").status == 200);
  CHECK(http_get(site.port, "/metrics").status == 200);
  second.close();
  HttpAnswer page;
  do {  // until the server has seen the close
    page = http_get(site.port, "/");
  } while (page.status == 503);
  CHECK(page.status == 200);
}

TEST_CASE("a connection that only waits for its next request gives its place to another") {
  server::ServerOptions options;
  options.max_connections = 1;
  Site site(options);
  RawSocket waiting(site.port);
  REQUIRE(waiting.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  while (site.server->metric("sluice_http_responses_total{status=\"200\"}") < 1) {
  }
  HttpAnswer page = http_get(site.port, "/");
  for (int patience = 0; patience < 50 && page.status != 200; ++patience) {  // until the first answer has been written
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    page = http_get(site.port, "/");
  }
  CHECK(page.status == 200);
  CHECK(waiting.read_to_end().find("<title>demo</title>") != std::string::npos);
  CHECK(!waiting.read_timed_out());
}

TEST_CASE("connections that say nothing keep nobody from a full server's health, nor from a place") {
  server::ServerOptions options;
  options.max_connections = 4;
  options.handshake_timeout_ms = 3'600'000;
  TestServer server(options);
  std::vector<std::unique_ptr<RawSocket>> silent;
  for (int i = 0; i < 80; ++i) silent.push_back(std::make_unique<RawSocket>(server.port()));
  for (int i = 0; i < 5; ++i) CHECK(http_get(server.port(), "/v2/health/live").status == 200);
  // The oldest of them gave way.
  CHECK(silent.front()->read_to_end().empty());
  CHECK_FALSE(silent.front()->read_timed_out());
}

TEST_CASE("metrics agree with what was sent") {
  Site site;
  for (int i = 0; i < 3; ++i) CHECK(http_get(site.port, "/").status == 200);
  for (int i = 0; i < 2; ++i) CHECK(http_get(site.port, "/nothing").status == 404);
  const auto metrics = http_get(site.port, "/metrics");
  CHECK(metrics.status == 200);
  CHECK(metrics.headers.at("content-type").starts_with("text/plain; version=0.0.4"));
  CHECK(metrics.body.find("sluice_http_responses_total{status=\"200\"} 3\n") != std::string::npos);
  CHECK(metrics.body.find("sluice_http_responses_total{status=\"404\"} 2\n") != std::string::npos);
  CHECK(metrics.body.find("sluice_connections_total 6\n") != std::string::npos);
  CHECK(metrics.body.find("sluice_ready 1\n") != std::string::npos);
}

TEST_CASE("memory and files stay flat over many connections") {
  Site site;
  const std::vector<float> values(std::size_t{3} * 8 * 8, 1.0F);
  const auto cycle = [&](int count) {
    for (int i = 0; i < count; ++i) {
      WebSocketClient client;
      say_hello(client, site.port, "identity");
      wire::Request request;
      request.id = 1;
      request.budget = std::chrono::seconds(20);
      request.tensors.push_back({"input", {DataType::kFloat32, {1, 3, 8, 8}, std::as_bytes(std::span(values))}});
      client.send(request);
      const auto answer = client.receive();
      REQUIRE(answer);
      REQUIRE(std::holds_alternative<wire::Answer>(*answer));
      if (i % 2 == 0) client.close();
    }
    for (int patience = 0; patience < 200 && site.server->metric("sluice_open_connections") != 0; ++patience) {
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    CHECK(site.server->metric("sluice_open_connections") == 0);
  };
  cycle(100);
  [[maybe_unused]] const auto memory = site.server->metric("process_resident_memory_bytes");
  const auto files = site.server->metric("process_open_fds");
  cycle(300);
  CHECK(site.server->metric("process_open_fds") == files);
#ifndef SLUICE_SANITIZED  // which keeps what is freed, and looks for leaks itself
  // 300 connections that each leaked their 4 kB read buffer would show as 1.2 MB.
  CHECK(site.server->metric("process_resident_memory_bytes") - memory < 1'000'000);
#endif
}
