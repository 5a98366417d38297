// A client whose server is spoken by hand, message by message. For tests of what one side does.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/pipeline/client.hpp"
#include "core/wire/codec.hpp"

namespace sluice::pipeline::testing {

using namespace std::chrono_literals;

class ScriptedGate final : public Question {
 public:
  explicit ScriptedGate(std::function<Result<Verdict>()> script) : script_(std::move(script)) {}
  std::string_view name() const override { return "skip"; }
  Result<Verdict> ask(const AskContext&) override { return script_(); }
  float set_error_budget(float allowed) override { return allowed >= 0.0999F ? 0.1F : 0; }

 private:
  std::function<Result<Verdict>()> script_;
};

class FixedStepClock final : public Clock {
 public:
  Instant now() override { return time_ += 250us; }

 private:
  Instant time_{};
};

// A client and the server's side of its socket, spoken by hand.
struct ClientPeer {
  explicit ClientPeer(ClientOptions options = {}, std::function<Result<Verdict>()> gate = nullptr,
                      const Manifest& manifest = faces(), const std::vector<Client::MakeRoute>& further_routes = {},
                      const Client::MakeRoute& local = {})
      : client(manifest, gates(std::move(gate)), options, &clock, further_routes, local) {}

  static Manifest faces() {
    Manifest manifest;
    manifest.name = "faces";
    manifest.version = "1";
    input::ImageSpec picture;
    picture.width = 4;
    picture.height = 2;
    manifest.model.input = picture;
    manifest.model.part = "model";
    return manifest;
  }

  static std::vector<std::unique_ptr<Question>> gates(std::function<Result<Verdict>()> script) {
    std::vector<std::unique_ptr<Question>> questions;
    if (script) questions.push_back(std::make_unique<ScriptedGate>(std::move(script)));
    return questions;
  }

  wire::Welcome welcome() const {
    wire::Welcome welcome{
        1, "server", "faces", "1", {1U << 20U, 2, 1000}, {wire::Encoding::kJpeg, wire::Encoding::kTensor}, {}};
    welcome.inputs = {"picture"};
    return welcome;
  }

  void ready() {
    client.start(now);
    expect<ConnectWanted>();
    client.connected(now);
    hear<wire::Hello>();
    say(welcome());
    CHECK(client.state() == ConnectionState::kReady);
  }

  void say(const wire::Message& message) {
    std::string bytes;
    wire::encode(message, bytes);
    client.receive(as_bytes(bytes), now);
  }

  // The next message, which leaves for the network at once.
  template <typename T>
  T hear() {
    const std::string* bytes = client.next_message();
    REQUIRE(bytes != nullptr);
    heard = *bytes;
    client.sent(heard.size(), now);
    auto message = wire::decode(as_bytes(heard));
    REQUIRE(message.has_value());
    REQUIRE(std::holds_alternative<T>(*message));
    return std::get<T>(*std::move(message));
  }

  // The next event that is no change of state, of which the last is kept in `state`, or of a promise, which are counted.
  std::optional<ClientEvent> next() {
    while (auto event = client.next_event()) {
      if (auto* changed = std::get_if<StateChanged>(&*event)) {
        state = *changed;
      } else if (std::holds_alternative<PromiseChanged>(*event)) {
        ++promise_changes;
      } else {
        return event;
      }
    }
    return std::nullopt;
  }

  template <typename T>
  T expect() {
    auto event = next();
    REQUIRE(event.has_value());
    REQUIRE(std::holds_alternative<T>(*event));
    return std::get<T>(*std::move(event));
  }

  void quiet() {
    CHECK_FALSE(next().has_value());
    CHECK(client.next_message() == nullptr);
  }

  InputId offer() {
    const auto id = client.offer(image, now);
    REQUIRE(id.has_value());
    return *id;
  }

  // What is asked of the driver for an input.
  RunWanted wanted() {
    RunWanted event = expect<RunWanted>();
    attempts[event.input] = event.attempt;
    return event;
  }

  // Submits and fails for the attempt that was asked for last.
  void submit(InputId id, wire::Encoding encoding, Bytes payload, Duration took) {
    client.submit(attempts[id], Payload{encoding, payload}, took, now);
  }
  void submit(InputId id, std::vector<OutputTensor> outputs, Duration took) {
    client.submit(attempts[id], std::move(outputs), took, now);
  }
  void fail(InputId id, Error error) { client.fail(attempts[id], std::move(error), now); }

  // Offers an input and sees it onto the wire.
  std::pair<InputId, wire::Request> send() {
    const InputId id = offer();
    CHECK(wanted().input == id);
    submit(id, wire::Encoding::kJpeg, as_bytes("jpeg"), 0us);
    return {id, hear<wire::Request>()};
  }

  Error expect_failed(InputId id, ErrorCode code) {
    const auto failed = expect<InputFailed>().failed;
    CHECK(failed.input == id);
    CHECK(failed.error.code == code);
    return failed.error;
  }

  void pass(Duration time) {
    now += time;
    client.tick(now);
  }

  FixedStepClock clock;
  Instant now{};
  Client client;
  std::map<InputId, AttemptId> attempts;  // asked for last
  StateChanged state{};
  int promise_changes = 0;
  std::string heard;
  std::array<std::uint8_t, 24> pixels{};
  input::ImageView image{input::PixelFormat::kRgb8, 4, 2, {{{pixels.data(), 12}, {}, {}}}};
};

}  // namespace sluice::pipeline::testing
