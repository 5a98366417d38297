// Tokens at the real server: the right one is served, others end the gate with the reason, revoked ones too.
#include <doctest/doctest.h>

#include <signal.h>

#include "native/bundle/sha256.hpp"
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

struct TokenServer {
  TokenServer() {
    test::write_bright_bundle(folder.path() / "bundles/bright");
    server = std::make_unique<test::ServerProgram>((folder.path() / "bundles").string(), 0,
                                                   std::vector<std::string>{"--token-file", list("alpha", "")});
  }
  // Writes the server's file with this token alone.
  std::string list(const std::string& token, const std::string& more) const {
    return folder.write("tokens", "camera " + bundle::sha256_hex(as_bytes(token)).value() + " " + more + "\n");
  }
  void reload() {
    server->process().signal(SIGHUP);
    REQUIRE(server->process().wait_for("Reloaded", 30s));
  }
  Result<std::unique_ptr<Gate>> open(const std::string& token) {
    GateOptions options;
    options.server = server->url();
    options.token = token;
    options.pipeline.backoff_first_ms = 50;
    return Gate::open(folder.path() / "bundles/bright", options);
  }

  test::TemporaryFolder folder;
  std::unique_ptr<test::ServerProgram> server;
};

ConnectionStatus await_stop(Gate& gate) {
  for (int i = 0; i < 600 && gate.connection().state != ConnectionState::kStopped; ++i)
    std::this_thread::sleep_for(50ms);
  return gate.connection();
}

}  // namespace

TEST_CASE("a gate sends its token, and stops where the server wants another") {
  TokenServer scene;
  auto gate = scene.open("alpha");
  REQUIRE(gate.has_value());
  REQUIRE((*gate)->wait_for_connection(30s).state == ConnectionState::kReady);
  CHECK(std::holds_alternative<pipeline::Answer>((*gate)->infer(test::GreyFrame(200).view()).get()));
  for (const char* token : {"", "beta"}) {
    auto other = scene.open(token);
    REQUIRE(other.has_value());
    const auto status = await_stop(**other);
    CHECK(status.state == ConnectionState::kStopped);
    REQUIRE(status.why);
    CHECK(status.why->code == ErrorCode::kUnauthenticated);
    CHECK(status.why->message.find(*token == '\0' ? "no token came" : "is not, or no longer") != std::string::npos);
  }
  const auto broken = scene.open("al pha\r\nX-Other: 1");
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().message.find("the token holds a character") == 0);
  CHECK(broken.error().message.find("pha") == std::string::npos);
}

TEST_CASE("a gate whose token is revoked looks once more, and stops") {
  TokenServer scene;
  auto gate = scene.open("alpha");
  REQUIRE(gate.has_value());
  REQUIRE((*gate)->wait_for_connection(30s).state == ConnectionState::kReady);
  scene.list("beta", "");
  scene.reload();
  const auto status = await_stop(**gate);
  CHECK(status.state == ConnectionState::kStopped);
  REQUIRE(status.why);
  CHECK(status.why->code == ErrorCode::kUnauthenticated);
  const auto outcome = (*gate)->infer(test::GreyFrame(200).view()).get();
  REQUIRE(std::holds_alternative<pipeline::Failed>(outcome));
  CHECK(std::get<pipeline::Failed>(outcome).error.code == ErrorCode::kUnauthenticated);
}

TEST_CASE("a gate above its rate waits as long as it is told, and is served") {
  TokenServer scene;
  scene.list("alpha", "rate=5 burst=1");
  scene.reload();
  auto gate = scene.open("alpha");
  REQUIRE(gate.has_value());
  REQUIRE((*gate)->wait_for_connection(30s).state == ConnectionState::kReady);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 4; ++i) {
    CHECK(std::holds_alternative<pipeline::Answer>((*gate)->infer(test::GreyFrame(200).view()).get()));
  }
  CHECK(std::chrono::steady_clock::now() - begin > 500ms);
}
