// The parts of admission that need no server: estimates, origins, paths, options.
#include <doctest/doctest.h>

#include "server/http/origin_policy.hpp"
#include "server/http/static_files.hpp"
#include "server/options.hpp"
#include "server/dispatch/service_estimate.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("the estimate is the longest of the last ten, and is forgotten when it is old") {
  server::ServiceEstimate estimate;
  Instant time{10s};
  CHECK(estimate.high(time) == Duration{0});
  estimate.record(50ms, time);
  for (int i = 0; i < 9; ++i) estimate.record(10ms, time);
  CHECK(estimate.high(time) == 50ms);
  CHECK(estimate.median() == 10ms);
  estimate.record(10ms, time);  // the eleventh pushes the outlier out
  CHECK(estimate.high(time) == 10ms);
  CHECK(estimate.high(time + server::ServiceEstimate::kForgetAfter) == 10ms);
  CHECK(estimate.high(time + server::ServiceEstimate::kForgetAfter + 1us) == Duration{0});
}

TEST_CASE("origins are matched exactly, hosts by name") {
  const server::OriginPolicy policy({"https://a.org"}, {"Vision.Example.org"});
  CHECK(policy.origin_allowed("", "localhost"));
  CHECK(policy.origin_allowed("http://localhost:8080", "localhost:8080"));
  CHECK(policy.origin_allowed("HTTP://LOCALHOST:8080", "localhost:8080"));
  CHECK(!policy.origin_allowed("http://localhost:8081", "localhost:8080"));
  CHECK(policy.origin_allowed("https://a.org", "localhost"));
  for (const char* origin :
       {"https://A.org", "https://a.org:443", "https://a.org/", "http://a.org", "https://b.a.org", "null"}) {
    CHECK(!policy.origin_allowed(origin, "localhost"));
  }
  for (const char* host :
       {"localhost", "LocalHost:1", "127.0.0.1:8080", "[::1]:8080", "192.168.1.7", "vision.example.org:443"}) {
    CHECK_MESSAGE(policy.host_allowed(host), host);
  }
  for (const char* host :
       {"", "evil.net", "localhost.evil.net", "127.0.0.1.evil.net", "[::1", "vision.example.org.evil.net"}) {
    CHECK_MESSAGE(!policy.host_allowed(host), host);
  }
}

TEST_CASE("request paths become clean relative paths or nothing") {
  CHECK(server::clean_path("/") == "");
  CHECK(server::clean_path("/a/b.js") == "a/b.js");
  CHECK(server::clean_path("/a%20b") == "a b");
  CHECK(server::clean_path("/a/") == "a/");
  for (const char* path : {"", "a", "//a", "/a//b", "/..", "/.", "/a/..", "/a/./b", "/.git/config", "/%2e%2e", "/a%00b",
                           "/a\\b", "/%", "/%4"}) {
    CHECK_MESSAGE(!server::clean_path(path), path);
  }
}

namespace {

std::variant<server::ServerOptions, server::ExitRequest> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "sluice-server");
  return server::parse_options(static_cast<int>(arguments.size()), arguments.data());
}

server::ExitRequest exit_of(std::vector<const char*> arguments) {
  const auto parsed = parse(std::move(arguments));
  REQUIRE(std::holds_alternative<server::ExitRequest>(parsed));
  return std::get<server::ExitRequest>(parsed);
}

}  // namespace

TEST_CASE("the command line teaches, checks and defaults to safety") {
  const auto help = exit_of({"--help"});
  CHECK(help.status == 0);
  for (const char* word :
       {"--bundles", "--max-connections", "--idle-timeout-ms", "Examples:", "SIGTERM", "--drain-timeout-ms"}) {
    CHECK_MESSAGE(help.text.find(word) != std::string::npos, word);
  }
  const auto parsed = parse({"--bundles", "b", "--port", "0", "--allow-origin", "https://a.org", "--allow-origin",
                             "https://b.org", "--max-queue", "3"});
  REQUIRE(std::holds_alternative<server::ServerOptions>(parsed));
  const auto& options = std::get<server::ServerOptions>(parsed);
  CHECK(options.allowed_origins == std::vector<std::string>{"https://a.org", "https://b.org"});
  CHECK(options.max_queue == 3);
  CHECK(options.address == "127.0.0.1");
  CHECK(exit_of({}).status == 2);
  const auto exposed = exit_of({"--bundles", "b", "--address", "0.0.0.0"}).text;
  for (const char* way_out : {"0.0.0.0", "--tls-certificate", "--tls-key", "--insecure-remote"}) {
    CHECK_MESSAGE(exposed.find(way_out) != std::string::npos, way_out);
  }
  const auto accepted = [](const std::vector<const char*>& more) {
    std::vector<const char*> all = {"--bundles", "b", "--address", "0.0.0.0"};
    all.insert(all.end(), more.begin(), more.end());
    return std::holds_alternative<server::ServerOptions>(parse(all));
  };
  CHECK(accepted({"--insecure-remote"}));
  CHECK(accepted({"--tls-certificate", "c", "--tls-key", "k"}));
  CHECK_FALSE(accepted({"--token-file", "t"}));
  CHECK(exit_of({"--bundles", "b", "--tls-certificate", "c.pem"}).text.find("c.pem needs its --tls-key") !=
        std::string::npos);
  CHECK(exit_of({"--bundles", "b", "--tls-key", "k.pem"}).text.find("k.pem needs its --tls-certificate") !=
        std::string::npos);
  CHECK(exit_of({"--bundles", "b", "--address", "somewhere"}).status == 2);
  CHECK(exit_of({"--bundles", "b", "--allow-origin", "https://a.org/path"}).status == 2);
  CHECK(exit_of({"--bundles", "b", "--engine", "tensorflow"}).status != 0);
  CHECK(exit_of({"--bundles", "b", "--port", "70000"}).status != 0);
  CHECK(exit_of({"--bundles", "b", "--max-queue", "-1"}).status != 0);
  CHECK(exit_of({"--bundles", "b", "--no-such-option"}).status == 2);
  CHECK(exit_of({"--bundles", "b", "--max-que", "3"}).text.find("the nearest is --max-queue") != std::string::npos);
  CHECK(exit_of({"--bundles", "b", "--port", "010"}).text.find("'010' is not a whole number") != std::string::npos);
  CHECK(exit_of({"--bundles", "b", "--max-queue", "0x10"}).status == 2);
  CHECK(exit_of({"--bundles", "b", "--max-held-bytes", "1000"}).text.find("--max-held-bytes must be at least") !=
        std::string::npos);
  CHECK(exit_of({"--bundles", "b", "--write-timeout-ms", "0"}).text.find("--write-timeout-ms is 0") !=
        std::string::npos);
  const auto config = exit_of({"--bundles", "b", "--max-queue", "5", "--print-config"});
  CHECK(config.status == 0);
  CHECK(config.text.find("max-queue = 5\n") != std::string::npos);
  CHECK(exit_of({"--print-config", "--json-log"}).text.find("\"max-queue\":64") != std::string::npos);
}

TEST_CASE("a configuration file is what --print-config prints, and the command line wins over it") {
  const test::TemporaryFolder folder;
  const auto printed =
      exit_of({"--bundles", "a folder/b", "--max-queue", "5", "--strict", "--port", "0", "--allow-origin",
               "https://a.org", "--allow-origin", "https://b.org", "--print-config"});
  REQUIRE(printed.status == 0);
  const std::string file = folder.write("server.conf", printed.text);
  const auto parsed = parse({"--config", file.c_str(), "--max-connections", "7"});
  if (const auto* exit = std::get_if<server::ExitRequest>(&parsed)) FAIL(exit->text);
  auto options = std::get<server::ServerOptions>(parsed);
  CHECK(options.bundles == "a folder/b");
  CHECK(options.max_queue == 5);
  CHECK(options.strict);
  CHECK_FALSE(options.json_log);
  CHECK(options.allowed_origins == std::vector<std::string>{"https://a.org", "https://b.org"});
  CHECK(options.max_connections == 7);
  options.max_connections = server::ServerOptions().max_connections;
  CHECK(server::describe_options(options, false).value() == printed.text);
  for (const char* odd : {"a#b", "a\"b", "a\nb", "a\\b", "[a"}) {
    const auto refused = exit_of({"--bundles", "b", "--web-root", odd, "--print-config"});
    CHECK(refused.status == 2);
    CHECK(refused.text.find("--web-root") != std::string::npos);
  }
  const auto won = parse({"--config", file.c_str(), "--max-queue", "9"});
  REQUIRE(std::holds_alternative<server::ServerOptions>(won));
  CHECK(std::get<server::ServerOptions>(won).max_queue == 9);
}

TEST_CASE("a configuration file that is not there, or says what there is not, is refused by name") {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::string& text) {
    const std::string file = folder.write("server.conf", text);
    const auto exit = exit_of({"--bundles", "b", "--config", file.c_str()});
    CHECK(exit.status == 2);
    return exit.text;
  };
  CHECK(refused("max-que = 3\n").find("'max-que' in the file of --config is no setting; the nearest is max-queue") !=
        std::string::npos);
  CHECK(refused("max-queue = many\n").find("max-queue") != std::string::npos);
  CHECK(refused("port = 70000\n").find("port") != std::string::npos);
  const auto missing = exit_of({"--bundles", "b", "--config", "no/such/file"});
  CHECK(missing.status == 2);
  CHECK(missing.text.find("no/such/file") != std::string::npos);
}
