// wss:// through a TLS end in front of the real server: who is trusted is answered, who is not is refused with the reason.
#include <doctest/doctest.h>

#include <cstdlib>

#include "native/client/gate.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/client/grey_frame.hpp"
#include "tests/native/server_program.hpp"
#include "tests/native/temporary_folder.hpp"

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

// The real server behind a TLS end with a certificate for localhost.
struct Scene {
  Scene() {
    test::write_bright_bundle(folder.path() / "bright");
    server = std::make_unique<test::ServerProgram>(folder.path().string());
    proxy = std::make_unique<test::ChildProcess>(
        std::vector<std::string>{SLUICE_TLS_PROXY, std::to_string(server->port()), certificate().string()});
    REQUIRE(proxy->wait_for("port=", 30s));
    port = proxy->output().substr(proxy->output().find("port=") + 5);
    port.resize(port.find('\n'));
  }

  std::unique_ptr<Gate> open(const std::string& url) {
    GateOptions options;
    options.server = url;
    options.pipeline.backoff_first_ms = 50;
    auto gate = Gate::open(folder.path() / "bright", options);
    REQUIRE(gate.has_value());
    return std::move(*gate);
  }
  std::filesystem::path certificate() const { return folder.path() / "certificate.pem"; }

  test::TemporaryFolder folder;
  std::unique_ptr<test::ServerProgram> server;
  std::unique_ptr<test::ChildProcess> proxy;
  std::string port;  // of the proxy
};

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
  Scene scene;
  SUBCASE("trusted") {
    const Trusted trusted(scene.certificate());
    const auto gate = scene.open("wss://localhost:" + scene.port);
    REQUIRE(gate->wait_for_connection(30s).state == ConnectionState::kReady);
    const Outcome outcome = gate->infer(test::GreyFrame(200).view()).get();
    const auto* answer = std::get_if<pipeline::Answer>(&outcome);
    REQUIRE(answer != nullptr);
    CHECK(answer->kind == pipeline::AnswerKind::kRemote);
  }
  SUBCASE("unknown to anybody") {
    const auto gate = scene.open("wss://localhost:" + scene.port);
    const std::string why = why_refused(*gate);
    INFO(why);
    CHECK(why.find("certificate was refused, self") != std::string::npos);
  }
  SUBCASE("for another host") {
    const Trusted trusted(scene.certificate());
    const auto gate = scene.open("wss://127.0.0.1:" + scene.port);
    const std::string why = why_refused(*gate);
    INFO(why);
    CHECK(why.find("it is not for '127.0.0.1'") != std::string::npos);
  }
  SUBCASE("a server that speaks no TLS") {
    const auto gate = scene.open("wss://127.0.0.1:" + std::to_string(scene.server->port()));
    const std::string why = why_refused(*gate);
    INFO(why);
    CHECK(why.find("cannot connect to wss://") != std::string::npos);
  }
}
