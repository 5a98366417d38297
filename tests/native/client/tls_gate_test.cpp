// wss:// to the real server: who is trusted is answered, who is not is refused with the reason.
#include <doctest/doctest.h>

#include <cstdlib>

#include "native/client/gate.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/client/grey_frame.hpp"
#include "tests/native/server_program.hpp"
#include "tests/native/temporary_folder.hpp"
#include "tests/native/test_certificate.hpp"

using namespace sluice;
using namespace sluice::client;
using namespace std::chrono_literals;
using pipeline::ConnectionState;

namespace {

// What OpenSSL trusts beside the system's certificates, while the object lives.
class Trusted {
 public:
  explicit Trusted(const std::filesystem::path& certificate) { ::setenv("SSL_CERT_FILE", certificate.c_str(), 1); }
  ~Trusted() { ::unsetenv("SSL_CERT_FILE"); }
  Trusted(const Trusted&) = delete;
  Trusted& operator=(const Trusted&) = delete;
};

// The real server with a certificate for localhost.
struct TlsServer {
  explicit TlsServer(const test::CertificateWish& wish = {}) {
    test::write_bright_bundle(folder.path() / "bundles/bright");
    const auto pair = test::make_certificate(wish);
    certificate = folder.write("chain.pem", pair.certificate);
    server = std::make_unique<test::ServerProgram>(
        (folder.path() / "bundles").string(), 0,
        std::vector<std::string>{"--tls-certificate", certificate, "--tls-key", folder.write("key.pem", pair.key)});
  }

  std::unique_ptr<Gate> open(const std::string& url, const std::string& ca_file = "") {
    auto gate = try_open(url, ca_file);
    REQUIRE(gate.has_value());
    return std::move(*gate);
  }
  Result<std::unique_ptr<Gate>> try_open(const std::string& url, const std::string& ca_file) {
    GateOptions options;
    options.server = url;
    options.ca_file = ca_file;
    options.pipeline.backoff_first_ms = 50;
    return Gate::open(folder.path() / "bundles/bright", options);
  }
  std::string at(const std::string& host) const { return host + ":" + std::to_string(server->port()); }

  test::TemporaryFolder folder;
  std::string certificate;
  std::unique_ptr<test::ServerProgram> server;
};

void check_answered(Gate& gate) {
  REQUIRE(gate.wait_for_connection(30s).state == ConnectionState::kReady);
  const Outcome outcome = gate.infer(test::GreyFrame(200).view()).get();
  const auto* answer = std::get_if<pipeline::Answer>(&outcome);
  REQUIRE(answer != nullptr);
  CHECK(answer->kind == pipeline::AnswerKind::kRemote);
}

// What the gate says once it has failed to connect.
std::string why_refused(Gate& gate) {
  for (int i = 0; i < 600; ++i) {
    const ConnectionStatus status = gate.connection();
    CHECK(status.state != ConnectionState::kReady);
    if (status.why) return describe(*status.why);
    std::this_thread::sleep_for(50ms);
  }
  return "";
}

}  // namespace

TEST_CASE("a gate asks over TLS when the server's certificate is trusted, and only then") {
  TlsServer scene;
  SUBCASE("trusted by the system") {
    const Trusted trusted(scene.certificate);
    check_answered(*scene.open("wss://" + scene.at("localhost")));
  }
  SUBCASE("trusted by this gate") { check_answered(*scene.open("wss://" + scene.at("localhost"), scene.certificate)); }
  SUBCASE("unknown to anybody") {
    const std::string why = why_refused(*scene.open("wss://" + scene.at("localhost")));
    INFO(why);
    CHECK(why.find("certificate was refused, self") != std::string::npos);
    CHECK(why.find("--ca") != std::string::npos);
  }
  SUBCASE("for another host") {
    const std::string why = why_refused(*scene.open("wss://" + scene.at("127.0.0.1"), scene.certificate));
    INFO(why);
    CHECK(why.find("it is not for '127.0.0.1'") != std::string::npos);
  }
  SUBCASE("a client that speaks no TLS") {
    const std::string why = why_refused(*scene.open("ws://" + scene.at("127.0.0.1")));
    INFO(why);
    CHECK(why.find("HTTP status 400") != std::string::npos);
    CHECK(why.find("try wss://") != std::string::npos);
  }
  SUBCASE("a file of certificates that is none") {
    for (const std::string& file : {scene.folder.write("empty.pem", ""), std::string("/nowhere.pem")}) {
      const auto gate = scene.try_open("wss://" + scene.at("localhost"), file);
      REQUIRE_FALSE(gate.has_value());
      CHECK(gate.error().message.find("'" + file + "' cannot be read or holds no PEM certificate") == 0);
    }
  }
}

TEST_CASE("a certificate that has expired is refused, and named so") {
  TlsServer scene({.valid_for = -60s, .key_password = {}});
  const std::string why = why_refused(*scene.open("wss://" + scene.at("localhost"), scene.certificate));
  INFO(why);
  CHECK(why.find("certificate has expired") != std::string::npos);
}

TEST_CASE("a server that speaks no TLS is not asked over TLS") {
  const test::TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  const test::ServerProgram plain(folder.path().string());
  GateOptions options;
  options.server = "wss://127.0.0.1:" + std::to_string(plain.port());
  auto gate = Gate::open(folder.path() / "bright", options);
  REQUIRE(gate.has_value());
  const std::string why = why_refused(**gate);
  INFO(why);
  CHECK(why.find("cannot connect to wss://") != std::string::npos);
  CHECK(why.find("speaks no TLS") != std::string::npos);
}
