// Upstreams that misbehave: each costs the requests that were with it, by a typed error and in time, and nothing else.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "core/wire/codec.hpp"
#include "tests/server/upstream/scripted_upstream.hpp"
#include "tests/server/upstream/tiers.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

struct Scene {
  // The script says what comes to requests; the rest it gets right.
  explicit Scene(Script to_requests, server::ServerOptions options = {})
      : upstream([to_requests = std::move(to_requests)](const wire::Message& heard) -> std::vector<Said> {
          if (std::holds_alternative<wire::Hello>(heard)) return {welcome_to(heard)};
          if (const auto* ping = std::get_if<wire::Ping>(&heard)) return {wire::Message(wire::Pong{ping->value})};
          return to_requests(heard);
        }) {
    options.upstream = ws_url(upstream.port());
    tiers.start_edge(options);
    client = std::make_unique<TierClient>(tiers.edge->port(), "big");
    near = std::make_unique<TierClient>(tiers.edge->port(), "near");
  }
  ~Scene() { CHECK(near->ask().answered()); }

  ScriptedUpstream upstream;
  Tiers tiers;
  std::unique_ptr<TierClient> client;
  std::unique_ptr<TierClient> near;
};

Said refusal(std::uint64_t id, ErrorCode code, std::uint32_t retry_after_ms) {
  return wire::Message(wire::ErrorMessage{id, code, "scripted", retry_after_ms});
}

}  // namespace

TEST_CASE("what an upstream gets: the budget that is left, who passed it on, a number of its own") {
  std::mutex mutex;
  std::vector<wire::Request> got;
  Scene scene([&](const wire::Message& heard) -> std::vector<Said> {
    const auto* request = request_in(heard);
    if (request == nullptr) return {};
    const std::lock_guard lock(mutex);
    got.push_back(*request);
    return {wire::Message(answer_with(request->id, 9))};
  });
  const Reply reply = scene.client->ask(20s, {5});
  REQUIRE(reply.answered());
  CHECK(reply.first == 9);
  CHECK(reply.hops == 1);
  const std::lock_guard lock(mutex);
  REQUIRE(got.size() == 1);
  CHECK(got[0].budget > 1s);
  CHECK(got[0].budget < 20s);
  REQUIRE(got[0].passed_by.size() == 2);
  CHECK(got[0].passed_by[0] == 5);
}

TEST_CASE("an upstream that hangs up gives its requests back, and is connected to again") {
  std::atomic<int> requests = 0;
  Scene scene([&](const wire::Message& heard) -> std::vector<Said> {
    const auto* request = request_in(heard);
    if (request == nullptr) return {};
    if (++requests == 1) return {Hangup{}};
    return {wire::Message(answer_with(request->id, 9))};
  });
  const Reply lost = scene.client->ask();
  CHECK(lost.code == ErrorCode::kOverloaded);
  CHECK(lost.retry_after_ms > 0);
  CHECK(lost.message.find("went away") != std::string::npos);
  CHECK(scene.tiers.forwarded("returned") == 1);
  REQUIRE(await([&] { return scene.client->ask().answered(); }));
  CHECK(scene.upstream.connections() == 2);
}

TEST_CASE("nonsense from an upstream ends its connection and costs what was with it") {
  const std::vector<std::pair<const char*, std::function<Said(std::uint64_t id)>>> kinds = {
      {"no message of the protocol", [](std::uint64_t) -> Said { return std::string("\xff\xff\xff"); }},
      {"an answer without outputs",
       [](std::uint64_t id) -> Said {
         wire::Answer answer;
         answer.request_id = id;
         return wire::Message(answer);
       }},
      {"an answer to nothing", [](std::uint64_t) -> Said { return wire::Message(answer_with(4711, 1)); }},
      {"a kind that there is not",
       [](std::uint64_t id) -> Said {
         auto answer = answer_with(id, 1);
         answer.how = 77;
         return wire::Message(answer);
       }},
      {"a variant that nobody accepts",
       [](std::uint64_t id) -> Said {
         auto answer = answer_with(id, 1);
         answer.variant = "small";
         answer.agreement = 0.5F;
         return wire::Message(answer);
       }},
      {"an error without a code", [](std::uint64_t id) { return refusal(id, ErrorCode{}, 0); }},
      {"a message that only clients send", [](std::uint64_t) -> Said { return wire::Message(wire::Cancel{1}); }}};
  for (const auto& [what, make] : kinds) {
    CAPTURE(what);
    Scene scene([make = make](const wire::Message& heard) -> std::vector<Said> {
      const auto* request = request_in(heard);
      if (request == nullptr) return {};
      return {make(request->id)};
    });
    const Reply reply = scene.client->ask();
    CHECK(reply.code == ErrorCode::kOverloaded);
    CHECK(scene.tiers.forwarded("returned") == 1);
    CHECK(scene.tiers.forwarded("answered") == 0);
    CHECK(await([&] { return scene.tiers.edge->metric("sluice_upstream_connections") == 0; }));
  }
}

TEST_CASE("an upstream's error about the connection gives back at once what was with it, whether it closes or not") {
  std::atomic<int> requests = 0;
  Scene scene([&](const wire::Message& heard) -> std::vector<Said> {
    const auto* request = request_in(heard);
    if (request == nullptr) return {};
    switch (++requests) {
      case 1: return {};
      case 2: return {refusal(0, ErrorCode::kMalformedMessage, 0)};
      default: return {wire::Message(answer_with(request->id, 9))};
    }
  });
  scene.client->send();
  scene.client->send();
  for (int i = 0; i < 2; ++i) {
    const Reply reply = scene.client->receive();
    CHECK(reply.code == ErrorCode::kOverloaded);
    CHECK(reply.message.find("scripted") != std::string::npos);
    CHECK(reply.retry_after_ms > 0);
  }
  CHECK(scene.tiers.forwarded("returned") == 2);
  CHECK(await([&] { return scene.client->ask().answered(); }));
}

TEST_CASE("hops that no request can have made are not counted on") {
  Scene scene([&](const wire::Message& heard) -> std::vector<Said> {
    const auto* request = request_in(heard);
    if (request == nullptr) return {};
    auto answer = answer_with(request->id, 9);
    answer.hops = ~std::uint32_t{0};
    return {wire::Message(answer)};
  });
  const Reply reply = scene.client->ask();
  REQUIRE(reply.answered());
  CHECK(reply.hops == wire::kMaxHops);
}

TEST_CASE("an upstream that is overloaded is left alone for as long as it says") {
  std::atomic<int> requests = 0;
  Scene scene([&](const wire::Message& heard) -> std::vector<Said> {
    const auto* request = request_in(heard);
    if (request == nullptr) return {};
    ++requests;
    return {refusal(request->id, ErrorCode::kOverloaded, 30'000)};
  });
  const Reply first = scene.client->ask();
  CHECK(first.code == ErrorCode::kOverloaded);
  CHECK(first.retry_after_ms > 20'000);
  for (int i = 0; i < 5; ++i) {
    const Reply next = scene.client->ask();
    CHECK(next.code == ErrorCode::kOverloaded);
    CHECK(next.retry_after_ms > 1000);
  }
  CHECK(requests == 1);
}

TEST_CASE("an upstream's error about the request is the request's, its own troubles are not") {
  std::atomic<int> requests = 0;
  Scene scene([&](const wire::Message& heard) -> std::vector<Said> {
    const auto* request = request_in(heard);
    if (request == nullptr) return {};
    switch (++requests) {
      case 1: return {refusal(request->id, ErrorCode::kInvalidInput, 0)};
      case 2: return {refusal(request->id, ErrorCode::kUnauthenticated, 0)};
      default: return {refusal(request->id, ErrorCode::kShuttingDown, 50)};
    }
  });
  CHECK(scene.client->ask().code == ErrorCode::kInvalidInput);
  CHECK(scene.tiers.forwarded("error") == 1);
  CHECK(scene.client->ask().code == ErrorCode::kOverloaded);
  CHECK(scene.client->ask().code == ErrorCode::kOverloaded);
  CHECK(scene.tiers.forwarded("returned") == 2);
}

TEST_CASE("an upstream that is slow costs a request its budget, and its late answer is nobody's") {
  std::atomic<std::uint64_t> kept = 0;
  Scene scene([&](const wire::Message& heard) -> std::vector<Said> {
    const auto* request = request_in(heard);
    if (request == nullptr) return {};
    if (request->budget < 10s) {
      kept = request->id;
      return {};
    }
    std::vector<Said> said;
    if (kept != 0) said.emplace_back(wire::Message(answer_with(kept, 1)));
    said.emplace_back(wire::Message(answer_with(request->id, 2)));
    return said;
  });
  REQUIRE(scene.client->ask().answered());
  CHECK(scene.client->ask(2s).code == ErrorCode::kDeadlineExpired);
  CHECK(scene.tiers.with_upstream() == 0);
  CHECK(scene.tiers.forwarded("expired") == 1);
  const Reply second = scene.client->ask();
  REQUIRE(second.answered());
  CHECK(second.first == 2);
  CHECK(scene.tiers.forwarded("late") == 1);
}

TEST_CASE("an upstream that was slow once is probed, and asked again when it is quick") {
  std::atomic<int> requests = 0;
  std::atomic<bool> quick = false;
  Scene scene([&](const wire::Message& heard) -> std::vector<Said> {
    const auto* request = request_in(heard);
    if (request == nullptr) return {};
    if (++requests == 1) {
      std::this_thread::sleep_for(2s);  // so that it seems to be 4 s away
    } else if (!quick) {
      return {};
    }
    return {wire::Message(answer_with(request->id, 9))};
  });
  REQUIRE(scene.client->ask().answered());
  scene.client->send(1s);
  REQUIRE(await([&] { return requests == 2; }));  // the probe, which nobody answers
  const Reply refused = scene.client->ask(500ms);
  CHECK(refused.code == ErrorCode::kOverloaded);
  CHECK(refused.message.find("ms away") != std::string::npos);
  CHECK(refused.retry_after_ms >= 100);
  CHECK(scene.client->receive().code == ErrorCode::kDeadlineExpired);
  CHECK(requests == 2);
  quick = true;
  REQUIRE(await([&] { return scene.client->ask(1s).answered(); }));
  for (int i = 0; i < 5; ++i) CHECK(scene.client->ask(2s).answered());
}

TEST_CASE("no more is sent to an upstream at once than it allows") {
  std::mutex mutex;
  std::vector<std::uint64_t> open;
  std::atomic<int> got = 0;
  Scene scene([&](const wire::Message& heard) -> std::vector<Said> {
    const auto* request = request_in(heard);
    if (request == nullptr) return {};
    const std::lock_guard lock(mutex);
    open.push_back(request->id);
    // The fourth and each behind it are the reason to answer the oldest.
    std::vector<Said> said;
    if (++got < 4) return said;
    CHECK(open.size() <= 4);
    said.emplace_back(wire::Message(answer_with(open.front(), 1)));
    open.erase(open.begin());
    return said;
  });
  for (int i = 0; i < 12; ++i) scene.client->send(6s);
  int answered = 0;
  for (int i = 0; i < 12; ++i) answered += scene.client->receive().answered() ? 1 : 0;
  CHECK(answered == 9);  // the last three are never answered
  CHECK(got == 12);
}

TEST_CASE("a request that only what is added makes too large for the upstream is refused alone") {
  constexpr std::uint64_t kSomebody = ~std::uint64_t{0};
  std::mutex mutex;
  std::vector<std::uint64_t> open;
  std::uint64_t limit = 0;
  {
    // What the client sends below is as large as the upstream takes.
    const std::vector<float> values(std::size_t{3} * kBallastSide * kBallastSide);
    wire::Request request;
    request.id = 1;
    request.budget = kLongBudget;
    request.passed_by = {kSomebody, kSomebody};
    request.tensors.push_back(
        {"input", {DataType::kFloat32, {1, 3, kBallastSide, kBallastSide}, std::as_bytes(std::span(values))}});
    std::string message;
    wire::encode(request, message);
    limit = message.size();
  }
  ScriptedUpstream upstream([&](const wire::Message& heard) -> std::vector<Said> {
    if (std::holds_alternative<wire::Hello>(heard)) {
      auto welcome = welcome_to(heard);
      std::get<wire::Welcome>(welcome).limits.max_message_bytes = limit;
      return {welcome};
    }
    const auto* request = request_in(heard);
    if (request == nullptr) return {};
    // The first waits for the second.
    const std::lock_guard lock(mutex);
    open.push_back(request->id);
    std::vector<Said> said;
    if (open.size() < 2) return said;
    for (const auto id : open) said.emplace_back(wire::Message(answer_with(id, 9)));
    return said;
  });
  Tiers tiers;
  server::ServerOptions options;
  options.upstream = ws_url(upstream.port());
  tiers.start_edge(options);
  TierClient client(tiers.edge->port(), "big");
  client.send();
  REQUIRE(await([&] {
    const std::lock_guard lock(mutex);
    return open.size() == 1;
  }));
  const Reply refused = client.ask(kLongBudget, {kSomebody, kSomebody});
  CHECK(refused.id == 2);
  CHECK(refused.code == ErrorCode::kMessageTooLarge);
  CHECK(refused.message.find(std::to_string(limit)) != std::string::npos);
  client.send();
  CHECK(client.receive().answered());
  CHECK(client.receive().answered());
  CHECK(upstream.connections() == 1);
}

TEST_CASE("with one connection to the upstream two bundles take turns") {
  server::ServerOptions options;
  options.max_upstream_connections = 1;
  std::atomic<bool> answers = true;
  ScriptedUpstream upstream([&](const wire::Message& heard) -> std::vector<Said> {
    if (std::holds_alternative<wire::Hello>(heard)) return {welcome_to(heard)};
    const auto* request = request_in(heard);
    if (request == nullptr || !answers) return {};
    return {wire::Message(answer_with(request->id, 9))};
  });
  Tiers tiers;
  write_ballast(tiers.edge_folder.path(), "large", 6'000'000);
  options.upstream = ws_url(upstream.port());
  tiers.start_edge(options);
  TierClient big(tiers.edge->port(), "big");
  TierClient large(tiers.edge->port(), "large");
  for (int i = 0; i < 3; ++i) {
    CHECK(big.ask().answered());
    CHECK(large.ask().answered());
  }
  CHECK(upstream.connections() == 6);
  answers = false;
  big.send(5s);
  REQUIRE(await([&] { return tiers.with_upstream() == 1; }));
  const Reply refused = large.ask();
  CHECK(refused.code == ErrorCode::kOverloaded);
  CHECK(refused.message.find("--max-upstream-connections") != std::string::npos);
  CHECK(big.receive().code == ErrorCode::kDeadlineExpired);
}
