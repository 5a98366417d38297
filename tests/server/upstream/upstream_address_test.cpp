#include "server/upstream/upstream_address.hpp"

#include <doctest/doctest.h>

#include "server/upstream/way_estimate.hpp"

using namespace sluice;
using namespace sluice::server;
using namespace std::chrono_literals;

TEST_CASE("addresses of upstreams") {
  const auto plain = parse_upstream("ws://central:8080");
  REQUIRE(plain);
  CHECK_FALSE(plain->tls);
  CHECK(plain->host == "central");
  CHECK(plain->port == "8080");
  CHECK(plain->path == "/v1/stream");
  CHECK(plain->text() == "ws://central:8080");
  const auto secure = parse_upstream("wss://vision.example.org/behind/proxy");
  REQUIRE(secure);
  CHECK(secure->tls);
  CHECK(secure->port == "443");
  CHECK(secure->path == "/behind/proxy");
  const auto v6 = parse_upstream("ws://[::1]:9/");
  REQUIRE(v6);
  CHECK(v6->host == "::1");
  CHECK(v6->authority() == "[::1]:9");
  for (const char* bad : {"", "central:8080", "http://central", "ws://", "ws://:80", "ws://a:0", "ws://a:65536",
                          "ws://a:8o", "ws://a:", "ws://[::1", "ws://[::1]80", "ws://a b", "ws://a\n:80"}) {
    CAPTURE(bad);
    const auto refused = parse_upstream(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kInvalidArgument);
    CHECK(refused.error().message.find("--upstream") != std::string::npos);
  }
}

TEST_CASE(
    "the way to the upstream: the handshake's at first, then what requests took beside the work, and its scatter") {
  WayEstimate way;
  CHECK(way.expected() == 0ms);
  way.guess(40ms);
  CHECK(way.expected() == 40ms);
  way.record(120ms, 100ms);
  CHECK(way.expected() == 40ms);  // 20 and twice its half
  for (int i = 0; i < 100; ++i) way.record(120ms, 100ms);
  CHECK(way.expected() >= 20ms);
  CHECK(way.expected() < 21ms);
  way.guess(1s);
  CHECK(way.expected() < 21ms);
  way.record(180ms, 100ms);
  CHECK(way.expected() > 50ms);
  way.record(10ms, 100ms);  // an upstream that says that it took longer than it did
  CHECK(way.expected() > 0ms);
}
