// The third tier: what a server can't answer in time is answered by the one further up.
#include "server/upstream/upstream.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "server/models/sha256.hpp"
#include "tests/native/test_certificate.hpp"
#include "tests/server/upstream/tiers.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kOk = R"(sluice_requests_total{model="big",outcome="ok",version="1.0.0"})";

}  // namespace

TEST_CASE("a model that does not fit the memory is answered for by the upstream, and the answer says so") {
  Tiers tiers;
  tiers.start();
  TierClient client(tiers.edge->port(), "big");
  for (int i = 1; i <= 3; ++i) {
    const Reply reply = client.ask();
    REQUIRE_MESSAGE(reply.answered(), reply.message);
    CHECK(reply.first == static_cast<float>(i));
    CHECK(reply.hops == 1);
    CHECK(reply.how == 4);
  }
  CHECK(tiers.forwarded("answered") == 3);
  CHECK(tiers.with_upstream() == 0);
  CHECK(tiers.edge->metric("sluice_upstream_connections") == 1);
  CHECK(tiers.edge->metric("sluice_forward_seconds_count") == 3);
  CHECK(tiers.edge->metric(kOk) == 3);
  CHECK(tiers.far->metric(kOk) == 3);
  // What is here, is answered here.
  TierClient near(tiers.edge->port(), "near");
  const Reply reply = near.ask();
  CHECK(reply.answered());
  CHECK(reply.hops == 0);
  CHECK(tiers.forwarded("answered") == 3);
}

TEST_CASE("of a bundle whose model is not here the manifest is enough, and its model is served when it comes") {
  Tiers tiers;
  tiers.start();
  {
    TierClient client(tiers.edge->port(), "absent");
    // Names of tensors stand in the model.
    CHECK(client.welcome().inputs.empty());
    for (const auto encoding : client.welcome().encodings) CHECK(encoding != wire::Encoding::kTensor);
    client.send_pixels();
    const Reply reply = client.receive();
    REQUIRE_MESSAGE(reply.answered(), reply.message);
    CHECK(reply.hops == 1);
    CHECK(client.ask().code == ErrorCode::kUnsupportedEncoding);
  }
  const auto index = http_request(tiers.edge->port(), "POST", "/v2/repository/index");
  CHECK(index.body.find("elsewhere") != std::string::npos);
  const auto ready = http_get(tiers.edge->port(), "/v2/models/absent/ready");
  CHECK(ready.status == 503);
  CHECK(ready.body.find("model.onnx") != std::string::npos);
  CHECK(http_get(tiers.edge->port(), "/bundles/absent/manifest.json").status == 200);
  CHECK(http_get(tiers.edge->port(), "/bundles/absent/model.onnx").status == 503);
  CHECK(http_request(tiers.edge->port(), "POST", "/v2/models/absent/infer",
                     R"({"inputs":[{"name":"input","shape":[1],"datatype":"FP32","data":[1]}]})")
            .status >= 400);
  CHECK(tiers.forwarded("answered") == 1);  // HTTP asks nobody else

  std::filesystem::copy_file(tiers.far_folder.path() / "absent/model.onnx",
                             tiers.edge_folder.path() / "absent/model.onnx");
  (*tiers.edge)->reload();
  REQUIRE(await([&] { return http_get(tiers.edge->port(), "/v2/models/absent/ready").status == 200; }));
  TierClient client(tiers.edge->port(), "absent");
  const Reply reply = client.ask();
  REQUIRE_MESSAGE(reply.answered(), reply.message);
  CHECK(reply.hops == 0);
}

TEST_CASE("a server without an upstream does not serve a bundle without its model") {
  Tiers tiers;
  tiers.start_far();
  server::ServerOptions options;
  options.bundles = tiers.edge_folder.path();
  options.port = 0;
  options.strict = true;
  auto started = server::Server::start(options, real_engine(), server::Log(server::Log::Form::kSilent));
  REQUIRE_FALSE(started);
  CHECK(started.error().code == ErrorCode::kBundlePartMissing);
}

TEST_CASE("a cold model whose load would be late is forwarded, and comes here when it is asked for again") {
  Tiers tiers;
  write_ballast(tiers.edge_folder.path(), "other", 3'500'000);
  tiers.start();
  TierClient near(tiers.edge->port(), "near");
  TierClient other(tiers.edge->port(), "other");
  tiers.edge_gate->close();
  near.send();
  REQUIRE(tiers.edge_gate->await_waiting(1));
  std::this_thread::sleep_for(4s);  // what its load takes, at least
  tiers.edge_gate->open();
  CHECK(near.receive().hops == 0);
  REQUIRE(other.ask().hops == 0);  // for which the first has to go
  const auto memory_of_near = [&] { return http_get(tiers.edge->port(), "/v2/models/near/ready").body; };
  REQUIRE(memory_of_near().find("cold") != std::string::npos);
  tiers.edge_gate->close();
  const Reply forwarded = near.ask(3500ms);
  REQUIRE_MESSAGE(forwarded.answered(), forwarded.message);
  CHECK(forwarded.hops == 1);
  REQUIRE(tiers.edge_gate->await_waiting(1));  // its load, behind: it was asked for twice of late
  CHECK(memory_of_near().find("loading") != std::string::npos);
  CHECK(near.ask(3500ms).hops == 1);
  tiers.edge_gate->open();
  REQUIRE(await([&] { return memory_of_near().find("resident") != std::string::npos; }));
  CHECK(near.ask().hops == 0);
}

TEST_CASE("an upstream that holds another version answers nothing in its name") {
  Tiers tiers;
  write_ballast(tiers.far_folder.path(), "big", 5'000'000, "2.0.0");
  tiers.start();
  TierClient client(tiers.edge->port(), "big");
  const Reply first = client.ask();
  CHECK_FALSE(first.answered());
  CHECK(first.message.find("2.0.0") != std::string::npos);
  const Reply then = client.ask();
  CHECK_FALSE(then.answered());
  CHECK(tiers.far->metric(R"(sluice_requests_total{model="big",outcome="ok",version="2.0.0"})") == 0);
}

TEST_CASE("an upstream that is not there costs a typed refusal at once, and serves when it comes") {
  Tiers tiers;
  const auto port = free_port();
  server::ServerOptions options;
  options.upstream = ws_url(port);
  tiers.start_edge(options);
  TierClient client(tiers.edge->port(), "big");
  const Reply refused = client.ask();
  CHECK(refused.code == ErrorCode::kOverloaded);
  CHECK(refused.retry_after_ms > 0);
  CHECK(refused.message.find(ws_url(port)) != std::string::npos);
  CHECK(tiers.with_upstream() == 0);
  tiers.start_far({}, port);
  REQUIRE(await([&] { return client.ask().answered(); }));
  tiers.far_server.reset();
}

TEST_CASE("requests that are forwarded are cancelled, and expire, at both servers") {
  Tiers tiers;
  tiers.start();
  TierClient client(tiers.edge->port(), "big");
  REQUIRE(client.ask().answered());
  tiers.far_gate->close();
  const auto id = client.send();
  REQUIRE(tiers.far_gate->await_waiting(1));
  client.cancel(id);
  CHECK(client.receive().code == ErrorCode::kCancelled);
  CHECK(tiers.forwarded("withdrawn") == 1);
  CHECK(await([&] {
    return tiers.far->metric(R"(sluice_requests_total{model="big",outcome="cancelled",version="1.0.0"})") == 1;
  }));
  client.send(300ms);
  CHECK(client.receive().code == ErrorCode::kDeadlineExpired);
  CHECK(tiers.with_upstream() == 0);
  tiers.far_gate->open();
  CHECK(client.ask().answered());
}

TEST_CASE("more than --max-forwarded are refused, and their bytes are counted twice") {
  Tiers tiers;
  tiers.start_far();
  server::ServerOptions options;
  options.max_forwarded = 2;
  tiers.start_edge(options);
  TierClient client(tiers.edge->port(), "big");
  REQUIRE(client.ask().answered());
  tiers.far_gate->close();
  client.send();
  client.send();
  REQUIRE(await([&] { return tiers.with_upstream() == 2; }));
  CHECK(tiers.edge->metric("sluice_held_bytes") >= 4 * 192);
  const Reply refused = client.ask();
  CHECK(refused.code == ErrorCode::kOverloaded);
  CHECK(refused.message.find("--max-forwarded") != std::string::npos);
  tiers.far_gate->open();
  CHECK(client.receive().answered());
  CHECK(client.receive().answered());
  CHECK(await([&] { return tiers.edge->metric("sluice_held_bytes") == 0; }));
}

TEST_CASE("a server that drains answers what it has forwarded, and one that ends at once lets go of it") {
  Tiers tiers;
  tiers.start();
  TierClient client(tiers.edge->port(), "big");
  REQUIRE(client.ask().answered());
  tiers.far_gate->close();
  client.send();
  REQUIRE(await([&] { return tiers.with_upstream() == 1; }));
  (*tiers.edge)->drain();
  REQUIRE(await([&] { return tiers.edge->metric("sluice_ready") == 0; }));
  tiers.far_gate->open();
  CHECK(client.receive().answered());
  CHECK((*tiers.edge)->wait());

  tiers.start_edge();
  TierClient another(tiers.edge->port(), "big");
  REQUIRE(another.ask().answered());
  tiers.far_gate->close();
  another.send();
  REQUIRE(await([&] { return tiers.with_upstream() == 1; }));
  tiers.edge.reset();
}

TEST_CASE("an upstream that drains answers what it has, and gets no more") {
  Tiers tiers;
  tiers.start();
  TierClient client(tiers.edge->port(), "big");
  REQUIRE(client.ask().answered());
  tiers.far_gate->close();
  client.send();
  REQUIRE(tiers.far_gate->await_waiting(1));
  (*tiers.far)->drain();
  REQUIRE(await([&] {
    const Reply refused = client.ask(200ms);
    return refused.code == ErrorCode::kOverloaded && refused.message.find("drain") != std::string::npos;
  }));
  tiers.far_gate->open();
  CHECK(client.receive().answered());
  CHECK((*tiers.far)->wait());
}

TEST_CASE("an upstream that wants TLS and a token gets them, and says what it lacks") {
  Tiers tiers;
  const auto certificate = make_certificate();
  const auto file = [&](const char* name, const std::string& text) { return tiers.far_folder.write(name, text); };
  server::ServerOptions far;
  far.tls_certificate = file("pem/chain.pem", certificate.certificate);
  far.tls_key = file("pem/key.pem", certificate.key);
  far.token_file = file("pem/tokens", "edge " + server::sha256_hex(as_bytes("alpha")).value() + "\n");
  tiers.start_far(far);
  server::ServerOptions edge;
  edge.upstream = "wss://localhost:" + std::to_string(tiers.far->port());
  edge.upstream_ca = far.tls_certificate;
  edge.upstream_token_file = file("pem/token", "alpha\n");
  tiers.start_edge(edge);
  {
    TierClient client(tiers.edge->port(), "big");
    const Reply reply = client.ask();
    CHECK_MESSAGE(reply.answered(), reply.message);
  }
  edge.upstream_ca.clear();
  tiers.start_edge(edge);
  {
    const Reply untrusted = TierClient(tiers.edge->port(), "big").ask();
    CHECK(untrusted.code == ErrorCode::kOverloaded);
    CHECK(untrusted.message.find("--upstream-ca") != std::string::npos);
  }
  edge.upstream_ca = far.tls_certificate;
  edge.upstream = "wss://127.0.0.1:" + std::to_string(tiers.far->port());
  tiers.start_edge(edge);
  {
    const Reply misnamed = TierClient(tiers.edge->port(), "big").ask();
    CHECK(misnamed.code == ErrorCode::kOverloaded);
    CHECK(misnamed.message.find("it is not for '127.0.0.1'") != std::string::npos);
  }
  edge.upstream = "wss://localhost:" + std::to_string(tiers.far->port());
  edge.upstream_token_file = file("pem/token", "beta");
  tiers.start_edge(edge);
  TierClient client(tiers.edge->port(), "big");
  const Reply unknown = client.ask();
  CHECK_FALSE(unknown.answered());
  // A token that is mended is read again with the rest.
  file("pem/token", "alpha");
  (*tiers.edge)->reload();
  CHECK(await([&] { return client.ask().answered(); }));
}

TEST_CASE("what can't be used of an upstream's certificates and token keeps the server from starting") {
  Tiers tiers;
  server::ServerOptions options;
  options.upstream = "wss://127.0.0.1:1";
  options.bundles = tiers.edge_folder.path();
  options.port = 0;
  const auto start_error = [&] {
    auto started = server::Server::start(options, real_engine(), server::Log(server::Log::Form::kSilent));
    REQUIRE_FALSE(started);
    return started.error().code;
  };
  options.upstream_ca = tiers.edge_folder.path() / "none.pem";
  CHECK(start_error() == ErrorCode::kIoError);
  options.upstream_ca = tiers.edge_folder.write("none.pem", "nothing");
  CHECK(start_error() == ErrorCode::kInvalidCertificate);
  options.upstream_ca.clear();
  options.upstream_token_file = tiers.edge_folder.write("token", "one two");
  CHECK(start_error() == ErrorCode::kInvalidArgument);
  options.upstream = "nowhere";
  CHECK(start_error() == ErrorCode::kInvalidArgument);
}
