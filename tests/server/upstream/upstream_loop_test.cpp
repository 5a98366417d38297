// Upstreams that lead around in a circle, or too far.
#include <doctest/doctest.h>

#include "server/upstream/upstream.hpp"
#include "tests/server/upstream/tiers.hpp"

using namespace sluice;
using namespace sluice::test;

TEST_CASE("a server that is its own upstream says so") {
  Tiers tiers;
  const auto port = free_port();
  server::ServerOptions options;
  options.model_memory_mb = 4;
  options.upstream = ws_url(port);
  tiers.start_far(options, port);
  TierClient client(port, "big");
  const Reply refused = client.ask();
  CHECK(refused.code == ErrorCode::kUnexpectedMessage);
  CHECK(refused.message.find("circle") != std::string::npos);
  CHECK(refused.message.find(" -> ") != std::string::npos);
  tiers.far_server.reset();
}

TEST_CASE("two servers that are each other's upstream end a request where it comes back") {
  Tiers tiers;
  const auto port = free_port();
  server::ServerOptions edge;
  edge.upstream = ws_url(port);
  tiers.start_edge(edge);
  server::ServerOptions far;
  far.model_memory_mb = 4;
  far.upstream = ws_url(tiers.edge->port());
  tiers.start_far(far, port);
  TierClient client(tiers.edge->port(), "big");
  const Reply refused = client.ask();
  CHECK(refused.code == ErrorCode::kUnexpectedMessage);
  CHECK(refused.message.find("circle") != std::string::npos);
  CHECK(tiers.forwarded("error") == 1);
  CHECK(tiers.forwarded("loop") == 1);
  CHECK(tiers.with_upstream() == 0);
  // What is here is served on.
  CHECK(TierClient(tiers.edge->port(), "near").ask().answered());
  tiers.edge.reset();
  tiers.far_server.reset();
}

TEST_CASE("a request that three servers passed on is passed on no further") {
  Tiers tiers;
  tiers.start();
  TierClient client(tiers.edge->port(), "big");
  const Reply third = client.ask(kLongBudget, {1, 2});
  REQUIRE_MESSAGE(third.answered(), third.message);
  const Reply fourth = client.ask(kLongBudget, {1, 2, 3});
  CHECK(fourth.code == ErrorCode::kUnexpectedMessage);
  CHECK(fourth.message.find("3 servers") != std::string::npos);
  // One that has the model answers it all the same.
  CHECK(TierClient(tiers.edge->port(), "near").ask(kLongBudget, {1, 2, 3}).answered());
}

TEST_CASE("three tiers: a request goes as far as it has to") {
  Tiers tiers;
  tiers.start_far();
  server::ServerOptions options;
  options.upstream = ws_url(tiers.far->port());
  options.model_memory_mb = 4;
  const TestServer middle(tiers.edge_folder.path(), options, real_engine());
  server::ServerOptions edge;
  edge.upstream = ws_url(middle.port());
  tiers.start_edge(edge);
  TierClient client(tiers.edge->port(), "big");
  const Reply reply = client.ask();
  REQUIRE_MESSAGE(reply.answered(), reply.message);
  CHECK(reply.hops == 2);
}

TEST_CASE("a loop is told by the number of the server that it came back to") {
  wire::Request request;
  CHECK_FALSE(server::loop_of(request, 7));
  request.passed_by = {1, 2};
  CHECK_FALSE(server::loop_of(request, 7));
  request.passed_by = {7, 2};
  const auto loop = server::loop_of(request, 7);
  REQUIRE(loop);
  CHECK(loop->code == ErrorCode::kUnexpectedMessage);
  CHECK(loop->message.find("0000000000000007 -> 0000000000000002 -> 0000000000000007") != std::string::npos);
}
