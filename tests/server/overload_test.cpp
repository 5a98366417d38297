// Five times as much as can be done: every request ends once, answered or with an error that says what to do; what the server holds stays
// within its bounds; and when it is over, all is as before. The model waits at a gate, so that how much can be done is set, not hoped for.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "server/bench/identity_model.hpp"
#include "tests/server/gated_engine.hpp"
#include "tests/server/test_server.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

constexpr std::uint32_t kSide = 8;
constexpr int kRounds = 12;
constexpr int kCapacity = 4;  // runs in a round
constexpr std::size_t kClients = 5;
constexpr auto kLong = std::chrono::seconds(25);

// A client that tells its own answers from others', and keeps what came for each request.
class Asker {
 public:
  Asker(std::uint16_t port, int number) : number_(number) { say_hello(socket_, port, "identity"); }

  void ask(Duration budget) {
    const std::uint64_t id = ++sent_;
    const std::vector<float> values(std::size_t{3} * kSide * kSide, value_of(id));
    wire::Request request;
    request.id = id;
    request.budget = budget;
    request.tensors.push_back({"input", {DataType::kFloat32, {1, 3, kSide, kSide}, std::as_bytes(std::span(values))}});
    socket_.send(request);
  }

  // Returns once the server has read all that was asked.
  void settle() {
    socket_.send(wire::Ping{7});
    for (;;) {
      const auto message = socket_.receive();
      REQUIRE(message);
      if (std::holds_alternative<wire::Pong>(*message)) return;
      take(*message);
    }
  }

  // Returns once there is something for each request.
  void finish() {
    while (results_.size() < sent_) {
      const auto message = socket_.receive();
      REQUIRE(message);
      take(*message);
    }
    settle();  // nothing comes behind the last
  }

  const std::map<std::uint64_t, std::optional<ErrorCode>>& results() const { return results_; }

 private:
  float value_of(std::uint64_t id) const { return static_cast<float>(number_ * 1000) + static_cast<float>(id); }

  void take(const wire::Message& message) {
    if (const auto* answer = std::get_if<wire::Answer>(&message)) {
      CHECK(results_.try_emplace(answer->request_id, std::nullopt).second);
      REQUIRE(answer->outputs.size() == 1);
      float first = 0;
      std::memcpy(&first, answer->outputs[0].tensor.bytes.data(), sizeof first);
      CHECK(first == value_of(answer->request_id));
      return;
    }
    REQUIRE(std::holds_alternative<wire::ErrorMessage>(message));
    const auto& error = std::get<wire::ErrorMessage>(message);
    CHECK(results_.try_emplace(error.request_id, error.code).second);
    CHECK((error.code == ErrorCode::kOverloaded) == (error.retry_after_ms > 0));
  }

  const int number_;
  WebSocketClient socket_;
  std::uint64_t sent_ = 0;
  std::map<std::uint64_t, std::optional<ErrorCode>> results_;
};

class Scene {
 public:
  explicit Scene(server::ServerOptions options) : options_(std::move(options)) {
    write_plain_bundle(folder_.path(), "identity", server::identity_onnx(kSide), kSide);
    options_.workers = 1;
    options_.inline_compute_us = 0;
    options_.max_in_flight_per_connection = 1000;  // so that it is the server's own bounds that bind
    server_ = std::make_unique<TestServer>(folder_.path(), options_, gated(real_engine(), gate));
    for (std::size_t i = 0; i < kClients; ++i) {
      clients.push_back(std::make_unique<Asker>(server_->port(), static_cast<int>(i)));
    }
  }
  ~Scene() { gate->open(); }

  // What all clients ask in a round is five times what the gate lets through.
  void ask_all(Duration budget) {
    for (int i = 0; i < kCapacity; ++i) {
      for (const auto& client : clients) client->ask(budget);
    }
    for (const auto& client : clients) client->settle();
    CHECK(server_->metric("sluice_pending_requests") <= options_.max_queue);
    CHECK(server_->metric("sluice_held_bytes") <= static_cast<double>(options_.max_held_bytes));
  }

  void finish() {
    for (const auto& client : clients) client->finish();
  }

  double counted(const std::string& outcome) {
    return server_->metric("sluice_requests_total{model=\"identity\",outcome=\"" + outcome + "\",version=\"1.0.0\"}");
  }

  // How many requests of all clients ended so.
  int ended(std::optional<ErrorCode> how) const {
    int count = 0;
    for (const auto& client : clients) {
      for (const auto& [id, result] : client->results()) count += result == how ? 1 : 0;
    }
    return count;
  }

  double metric(const std::string& sample) { return server_->metric(sample); }

  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::vector<std::unique_ptr<Asker>> clients;

 private:
  server::ServerOptions options_;
  TemporaryFolder folder_;
  std::unique_ptr<TestServer> server_;
};

}  // namespace

TEST_CASE("of five times what can be done, each request is answered or refused once, within the bounds") {
  server::ServerOptions options;
  bool fair = false;  // bytes are for whoever comes first
  SUBCASE("on requests that wait") {
    options.max_queue = 16;
    fair = true;
  }
  SUBCASE("on bytes that are held") {
    options.max_held_bytes = options.max_message_bytes = options.max_http_body_bytes = 8192;  // ten requests
  }
  Scene scene(options);
  scene.gate->close();
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    scene.ask_all(kLong);
    REQUIRE(scene.gate->let_through(kCapacity));
  }
  scene.gate->open();
  scene.finish();
  const int offered = kRounds * kCapacity * static_cast<int>(kClients);
  const int answered = scene.ended(std::nullopt);
  const int refused = scene.ended(ErrorCode::kOverloaded);
  CHECK(answered + refused == offered);
  CHECK(answered > kRounds * kCapacity);  // all that could be done, and what waited in the end
  CHECK(refused > offered / 2);
  CHECK(scene.counted("ok") == answered);
  CHECK(scene.counted("rejected") == refused);
  for (const auto& client : scene.clients) {
    const auto own = std::ranges::count_if(client->results(), [](const auto& one) { return !one.second; });
    if (fair) CHECK(own >= answered / static_cast<int>(kClients) / 2);
  }

  // It is over: one request at a time is what the server can do.
  for (const auto& client : scene.clients) {
    client->ask(kLong);
    client->finish();
  }
  CHECK(scene.ended(std::nullopt) == answered + static_cast<int>(kClients));
  CHECK(scene.metric("sluice_pending_requests") == 0);
  CHECK(scene.metric("sluice_held_bytes") == 0);
}

TEST_CASE("what waits behind an overload ends by its deadline, and makes room for what comes then") {
  server::ServerOptions options;
  options.max_queue = 16;
  Scene scene(options);
  scene.gate->close();
  scene.clients.front()->ask(kLong);
  REQUIRE(scene.gate->await_waiting(1));  // running; the queue is empty
  scene.ask_all(std::chrono::milliseconds(200));
  scene.ask_all(std::chrono::milliseconds(200));
  for (const auto& client : scene.clients) {
    if (client != scene.clients.front()) client->finish();  // although the gate is closed
  }
  scene.gate->open();
  scene.finish();
  const int offered = 2 * kCapacity * static_cast<int>(kClients);
  CHECK(scene.ended(std::nullopt) == 1);
  CHECK(scene.ended(ErrorCode::kDeadlineExpired) + scene.ended(ErrorCode::kOverloaded) == offered);
  CHECK(scene.ended(ErrorCode::kDeadlineExpired) >= 16);
  CHECK(scene.counted("expired") == scene.ended(ErrorCode::kDeadlineExpired));
  for (const auto& client : scene.clients) {
    client->ask(kLong);
    client->finish();
  }
  CHECK(scene.ended(std::nullopt) == 1 + static_cast<int>(kClients));
}
