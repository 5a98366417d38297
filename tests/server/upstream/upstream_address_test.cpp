#include "server/upstream/upstream_address.hpp"

#include <doctest/doctest.h>

#include "server/dispatch/job.hpp"
#include "server/upstream/way_probe.hpp"

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
  const Instant now{100s};
  CHECK(way.expected(now) == 0ms);
  way.guess(40ms);
  CHECK(way.expected(now) == 40ms);
  way.record(120ms, 100ms, now);
  CHECK(way.expected(now) == 40ms);  // 20 and twice its half
  for (int i = 0; i < 100; ++i) way.record(120ms, 100ms, now);
  CHECK(way.expected(now) >= 20ms);
  CHECK(way.expected(now) < 21ms);
  way.guess(1s);
  CHECK(way.expected(now) < 21ms);
  way.record(180ms, 100ms, now);
  CHECK(way.expected(now) > 50ms);
  way.record(10ms, 100ms, now);  // an upstream that says that it took longer than it did
  CHECK(way.expected(now) > 0ms);
}

TEST_CASE("a way that was slow once is forgotten with time, and at once where an answer shows that it is quick") {
  WayEstimate way;
  const Instant now{100s};
  way.guess(40ms);
  way.record(1500ms, 0ms, now);
  CHECK(way.expected(now) == 3s);
  CHECK(way.expected(now + 20s) < 1s);
  CHECK(way.expected(now + 10min) < 41ms);
  CHECK(way.expected(now + 10min) >= 40ms);
  WayEstimate steady = way;
  way.correct(10ms, 0ms, now);
  CHECK(way.expected(now) == 20ms);
  for (int i = 0; i < 8; ++i) steady.correct(1490ms, 0ms, now);  // slow, and so every time
  CHECK(steady.expected(now) >= 1490ms);
  CHECK(steady.expected(now) < 2s);
}

TEST_CASE("one request at a time probes an upstream that seems too far away, after pauses that grow") {
  WayProbe probe;
  const Job one;
  const Job other;
  Instant now{100s};
  CHECK(probe.may_begin(now));
  probe.begin(one, now);
  CHECK(probe.is(one));
  CHECK_FALSE(probe.is(other));
  CHECK_FALSE(probe.may_begin(now + 1min));
  probe.ended(other);
  CHECK_FALSE(probe.may_begin(now + 1min));
  probe.ended(one);
  CHECK_FALSE(probe.may_begin(now));
  CHECK(probe.next(now) >= now + 100ms);
  Duration last{0};
  for (int i = 0; i < 10; ++i) {
    now = probe.next(now);
    REQUIRE(probe.may_begin(now));
    probe.begin(one, now);
    probe.ended(one);
    CHECK(probe.next(now) - now >= last);
    last = probe.next(now) - now;
  }
  CHECK(last < 5s);
  now = probe.next(now);
  probe.begin(one, now);
  probe.succeeded();
  probe.ended(one);
  now = probe.next(now);
  probe.begin(one, now);
  CHECK(probe.next(now) - now < 500ms);
}
