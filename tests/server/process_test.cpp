// sluice-server as a program: what it prints, how signals end it, and what keeps it from starting.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "server/bench/identity_model.hpp"
#include "tests/native/child_process.hpp"
#include "tests/native/test_certificate.hpp"
#include "tests/server/endless_model.hpp"
#include "tests/server/raw_socket.hpp"
#include "tests/server/test_server.hpp"
#include "tests/server/tls_probe.hpp"
#include "tests/server/unstoppable_model.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

// sluice-server with these arguments, and all that it printed.
class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments) : child_(command(arguments)) {}

  bool await(const std::string& text) { return child_.wait_for(text, kPatience); }
  // `before_port` stands behind the address in the line that says so.
  std::uint16_t await_port(const std::string& before_port = "  port=") {
    const std::string address = "://127.0.0.1:";
    const bool listening = await(before_port);
    REQUIRE_MESSAGE(listening, printed());
    return static_cast<std::uint16_t>(std::stoi(printed().substr(printed().find(address) + address.size())));
  }
  void signal(int number) { child_.signal(number); }
  int wait_for_exit() { return child_.wait(kPatience); }
  std::string printed() const { return child_.output() + child_.errors(); }

 private:
  static std::vector<std::string> command(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{SLUICE_SERVER_PROGRAM};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
  }
  ChildProcess child_;
};

struct Bundle {
  Bundle() { write_plain_bundle(folder.path(), "identity", server::identity_onnx(4), 4); }
  std::string path() const { return folder.path().string(); }
  TemporaryFolder folder;
};

const std::string kLibrary = SLUICE_DEPS_DIR "/onnxruntime/lib/libonnxruntime.so.1";

}  // namespace

TEST_CASE("it prints its limits and its address, and SIGTERM ends it with 0") {
  const Bundle bundle;
  Process process({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary});
  const auto port = process.await_port();
  CHECK(process.printed().find("max_message_bytes=8388608") != std::string::npos);
  CHECK(http_get(port, "/v2/health/ready").status == 200);
  WebSocketClient client;
  say_hello(client, port, "identity");
  process.signal(SIGTERM);
  REQUIRE(client.receive());  // goodbye
  CHECK(!client.receive());
  CHECK(client.close_code() == 1012);
  CHECK(process.wait_for_exit() == 0);
  CHECK(process.printed().find("Draining") != std::string::npos);
}

TEST_CASE("a second signal ends it at once") {
  const Bundle bundle;
  Process process({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary, "--pre-stop-delay-ms",
                   "60000", "--json-log"});
  process.await_port("\"port\":\"");
  process.signal(SIGINT);
  REQUIRE(process.await("\"event\":\"draining\""));
  process.signal(SIGINT);
  CHECK(process.wait_for_exit() == 130);
}

TEST_CASE("a model that never ends outlives neither its deadline, the drain nor a second signal") {
  TemporaryFolder folder;
  write_plain_bundle(folder.path(), "endless", endless_onnx(4), 4);
  for (const bool impatient : {false, true}) {
    CAPTURE(impatient);
    Process process({"--bundles", folder.path().string(), "--port", "0", "--onnxruntime-library", kLibrary, "--workers",
                     "1", "--inline-compute-us", "0", "--drain-timeout-ms", impatient ? "60000" : "200"});
    const auto port = process.await_port();
    WebSocketClient client;
    say_hello(client, port, "endless");
    const std::vector<float> values(std::size_t{3} * 4 * 4, 1e15F);
    wire::Request request;
    request.id = 1;
    request.budget = std::chrono::seconds(25);
    request.tensors.push_back({"input", {DataType::kFloat32, {1, 3, 4, 4}, std::as_bytes(std::span(values))}});
    client.send(request);
    client.send(wire::Ping{7});
    REQUIRE(client.receive());  // the request has been read, too
    process.signal(SIGTERM);
    REQUIRE(process.await("Draining"));
    if (impatient) process.signal(SIGTERM);
    // ONNX Runtime can be told to stop, so that the drain is orderly.
    CHECK(process.wait_for_exit() == (impatient ? 130 : 0));
  }
}

TEST_CASE(
    "a model that cannot be stopped is left behind when the drain's time is over: exit 3, or 130 by a second signal") {
  TemporaryFolder folder;
  write_plain_bundle(folder.path(), "unstoppable", unstoppable_onnx(4), 4);
  constexpr std::chrono::hours kLong{1};  // of the budget, and of what is patient: so that nothing else ends the drain
  const std::string long_ms = std::to_string(std::chrono::milliseconds(kLong).count());
  for (const bool impatient : {false, true}) {
    CAPTURE(impatient);
    Process process({"--bundles", folder.path().string(), "--port", "0", "--onnxruntime-library", kLibrary, "--workers",
                     "1", "--max-budget-ms", long_ms, "--drain-timeout-ms", impatient ? long_ms : "500"});
    const auto port = process.await_port();
    WebSocketClient client;
    say_hello(client, port, "unstoppable");
    const std::vector<float> values(std::size_t{3} * 4 * 4, 1e6F);
    wire::Request request;
    request.id = 1;
    request.budget = kLong;
    request.tensors.push_back({"input", {DataType::kFloat32, {1, 3, 4, 4}, std::as_bytes(std::span(values))}});
    client.send(request);
    // The request has been read, too. That the model was quick when it was warmed up does not bring it onto the thread that says so.
    client.send(wire::Ping{7});
    REQUIRE(client.receive());
    const auto runs = [&] { return contains(http_get(port, "/metrics").body, "\nsluice_pending_requests 0\n"); };
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!runs()) REQUIRE(std::chrono::steady_clock::now() < until);
    process.signal(SIGTERM);
    REQUIRE(process.await("Draining"));
    if (impatient) process.signal(SIGTERM);
    CHECK(process.wait_for_exit() == (impatient ? 130 : 3));
    CHECK(contains(process.printed(), "A model is still running") == !impatient);
    // No answer and no deadline: it was cut off.
    while (const auto message = client.receive()) CHECK(std::holds_alternative<wire::Goodbye>(*message));
    CHECK(client.close_code() == 0);
  }
}

TEST_CASE("a run is stopped when its deadline has passed, and the worker goes on") {
  TemporaryFolder folder;
  write_plain_bundle(folder.path(), "endless", endless_onnx(4), 4);
  Process process(
      {"--bundles", folder.path().string(), "--port", "0", "--onnxruntime-library", kLibrary, "--workers", "1"});
  const auto port = process.await_port();
  WebSocketClient client;
  say_hello(client, port, "endless");
  for (std::uint64_t id = 1; id <= 4; ++id) {
    const bool endless = id % 2 == 1;
    const std::vector<float> values(std::size_t{3} * 4 * 4, endless ? 1e15F : 1.0F);
    wire::Request request;
    request.id = id;
    request.budget = std::chrono::milliseconds(endless ? 200 : 20'000);
    request.tensors.push_back({"input", {DataType::kFloat32, {1, 3, 4, 4}, std::as_bytes(std::span(values))}});
    client.send(request);
    const auto message = client.receive();
    REQUIRE(message);
    if (endless) {
      REQUIRE(std::holds_alternative<wire::ErrorMessage>(*message));
      CHECK(std::get<wire::ErrorMessage>(*message).code == ErrorCode::kDeadlineExpired);
    } else {
      CHECK(std::holds_alternative<wire::Answer>(*message));
    }
  }
}

TEST_CASE("SIGHUP serves what changed; who holds the old version is served on, and newcomers are told") {
  const Bundle bundle;
  Process process({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary});
  const auto port = process.await_port();
  WebSocketClient old;
  say_hello(old, port, "identity");
  pipeline::Manifest manifest;
  manifest.name = "identity";
  manifest.model.input = input::ImageSpec{.width = 4, .height = 4};
  manifest.model.output.decoder = "none";
  write_bundle(bundle.folder.path(), manifest, server::identity_onnx(4), "2.0.0");
  process.signal(SIGHUP);
  REQUIRE(process.await("Reloaded"));
  CHECK(process.printed().find("Serving identity 2.0.0") != std::string::npos);

  const std::vector<float> values(std::size_t{3} * 4 * 4, 1);
  wire::Request request;
  request.id = 1;
  request.budget = std::chrono::seconds(20);
  request.tensors.push_back({"input", {DataType::kFloat32, {1, 3, 4, 4}, std::as_bytes(std::span(values))}});
  old.send(request);
  const auto answer = old.receive();
  REQUIRE(answer);
  CHECK(std::holds_alternative<wire::Answer>(*answer));

  WebSocketClient newcomer;
  REQUIRE(newcomer.connect(port));
  wire::Hello hello;
  hello.bundle = "identity";
  hello.bundle_version = kVersion;
  newcomer.send(hello);
  const auto refused = newcomer.receive();
  REQUIRE(refused);
  REQUIRE(std::holds_alternative<wire::ErrorMessage>(*refused));
  CHECK(std::get<wire::ErrorMessage>(*refused).code == ErrorCode::kBundleVersionMismatch);
  CHECK(http_get(port, "/v2/models/identity").body.find("2.0.0") != std::string::npos);

  // Half-written files change nothing.
  write_all(bundle.folder.path() / "identity/model.onnx", "half");
  auto text = read_file(bundle.folder.path() / "identity/manifest.json");
  text.replace(text.find("2.0.0"), 5, "3.0.0");
  write_all(bundle.folder.path() / "identity/manifest.json", text);
  process.signal(SIGHUP);
  REQUIRE(process.await("2.0.0 is served on"));
  const auto index = http_request(port, "POST", "/v2/repository/index");
  CHECK(index.status == 200);
  CHECK(index.body.find("bundle_part_corrupt") != std::string::npos);
  CHECK(http_request(port, "POST", "/v2/repository/models/identity/unload").status == 403);
}

TEST_CASE("bundles are loaded and unloaded over HTTP where that is allowed") {
  const Bundle bundle;
  Process process({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary, "--repository-api"});
  const auto port = process.await_port();
  const auto call = [&](const std::string& path) { return http_request(port, "POST", "/v2/repository" + path).status; };
  CHECK(call("/models/identity/unload") == 200);
  CHECK(http_get(port, "/v2/models/identity").status == 404);
  CHECK(call("/models/identity/unload") == 404);
  CHECK(call("/models/identity/load") == 200);
  CHECK(http_get(port, "/v2/models/identity/ready").status == 200);
  CHECK(call("/models/nobody/load") == 404);
  CHECK(call("/models/identity/reload") == 404);
  CHECK(http_get(port, "/v2/repository/index").status == 405);
}

TEST_CASE("what keeps it from starting is said, with the code in words") {
  const Bundle bundle;
  const auto refused = [](const std::vector<std::string>& arguments, int status, const std::string& word) {
    Process process(arguments);
    CHECK(process.wait_for_exit() == status);
    CHECK_MESSAGE(process.printed().find(word) != std::string::npos, process.printed());
  };
  refused({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", "/nowhere/lib.so"}, 1,
          "engine_unavailable: ");
  refused({"--bundles", "/nowhere", "--port", "0", "--onnxruntime-library", kLibrary}, 1, "io_error: /nowhere");
  refused({"--bundles", bundle.path(), "--address", "0.0.0.0"}, 2, "--insecure-remote");
  refused({"--bundles", bundle.path(), "--prot", "0"}, 2, "--prot");
  refused({"--bundles", bundle.path(), "--port", "many"}, 2, "--port");
  refused({"--bundles", bundle.path(), "--web-root", "/nowhere", "--port", "0", "--onnxruntime-library", kLibrary}, 1,
          "--web-root /nowhere");
  auto onnx = read_file(bundle.folder.path() / "identity/model.onnx");
  onnx.back() ^= 1;
  write_all(bundle.folder.path() / "identity/model.onnx", onnx);
  refused({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary}, 1, "bundle_part_corrupt: ");
}

TEST_CASE("a flood of refused requests does not fill the log") {
  const Bundle bundle;
  Process process({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary});
  const auto port = process.await_port();
  const Headers elsewhere = {{"Host", "elsewhere.example"}};
  for (int i = 0; i < 50; ++i) CHECK(http_get(port, "/", elsewhere).status == 421);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  http_get(port, "/", elsewhere);
  REQUIRE(process.await("left_out="));
  std::size_t lines = 0;
  for (auto at = process.printed().find("another host"); at != std::string::npos;
       at = process.printed().find("another host", at + 1)) {
    ++lines;
  }
  CHECK(lines < 25);
}

TEST_CASE("a taken port is an error that names it") {
  const Bundle bundle;
  Process first({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary});
  const auto port = std::to_string(first.await_port());
  Process second({"--bundles", bundle.path(), "--port", port, "--onnxruntime-library", kLibrary});
  CHECK(second.wait_for_exit() == 1);
  CHECK(second.printed().find("port " + port) != std::string::npos);
}

TEST_CASE(
    "a certificate that expires while it serves is told of before and after, serves on, and is replaced by SIGHUP") {
  const Bundle bundle;
  TemporaryFolder files;
  const auto put = [&](const PemPair& pair) {
    write_all(files.path() / "chain.pem", pair.certificate);
    write_all(files.path() / "key.pem", pair.key);
  };
  put(make_certificate({.name = "short.example", .valid_for = std::chrono::seconds(6)}));
  Process process({"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary, "--tls-certificate",
                   (files.path() / "chain.pem").string(), "--tls-key", (files.path() / "key.pem").string()});
  const auto port = process.await_port();
  REQUIRE(process.await("expires soon"));
  REQUIRE(process.await("has expired"));
  CHECK(tls_handshake(port).subject == "CN=short.example");
  CHECK(https_get(port, "/v2/health/ready").status == 200);

  put(make_certificate({.name = "long.example", .valid_for = std::chrono::hours(24 * 90)}));
  process.signal(SIGHUP);
  REQUIRE(process.await("TLS with the certificate CN=long.example"));
  CHECK(tls_handshake(port).subject == "CN=long.example");

  // A new certificate whose key is still the old one changes nothing.
  write_all(files.path() / "chain.pem", make_certificate({.name = "other.example"}).certificate);
  process.signal(SIGHUP);
  REQUIRE(process.await("does not belong to the certificate CN=other.example"));
  CHECK(process.printed().find("CN=long.example serves on") != std::string::npos);
  CHECK(tls_handshake(port).subject == "CN=long.example");
  process.signal(SIGTERM);
  CHECK(process.wait_for_exit() == 0);
}

TEST_CASE("what is wrong with certificate and tokens keeps it from starting, with the file named") {
  const Bundle bundle;
  TemporaryFolder files;
  const auto file = [&](const std::string& name, const std::string& text) {
    write_all(files.path() / name, text);
    return (files.path() / name).string();
  };
  const auto pair = make_certificate();
  const auto certificate = file("chain.pem", pair.certificate);
  const auto key = file("key.pem", make_certificate().key);
  const auto tokens = file("tokens", "# nobody yet\ncamera-1 secret\n");
  const auto refused = [&](std::vector<std::string> more, const std::string& word) {
    std::vector<std::string> all = {"--bundles", bundle.path(), "--port", "0", "--onnxruntime-library", kLibrary};
    all.insert(all.end(), more.begin(), more.end());
    Process process(all);
    CHECK(process.wait_for_exit() == 1);
    CHECK_MESSAGE(process.printed().find(word) != std::string::npos, process.printed());
    CHECK(process.printed().find("secret") == std::string::npos);
  };
  refused({"--tls-certificate", certificate, "--tls-key", key},
          "invalid_certificate: --tls-key " + key + " does not belong");
  refused({"--tls-certificate", "/nowhere.pem", "--tls-key", key}, "io_error: --tls-certificate /nowhere.pem");
  refused({"--token-file", tokens}, "invalid_argument: " + tokens + ":2: behind the name 'camera-1'");
  refused({"--token-file", "/nowhere"}, "io_error: --token-file /nowhere");
}
