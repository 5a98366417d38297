// A session whose client is spoken by hand, message by message. For tests of what one side does.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "core/pipeline/session.hpp"
#include "core/wire/codec.hpp"
#include "tests/core/pipeline/bundle_list.hpp"

namespace sluice::pipeline::testing {

using namespace std::chrono_literals;

// A session and the client's side of its socket, spoken by hand.
struct SessionPeer {
  explicit SessionPeer(SessionOptions chosen = options()) : session(served, chosen, now) {}

  static SessionOptions options() {
    SessionOptions options;
    options.max_in_flight = 2;
    options.max_budget_ms = 1000;
    return options;
  }

  void say(const wire::Message& message) {
    std::string bytes;
    wire::encode(message, bytes);
    session.receive(bytes, now);
  }

  void greet() {
    say(wire::Hello{1, 1, "test", "faces", "1"});
    hear<wire::Welcome>();
  }

  void request(std::uint64_t id, Duration budget = 500ms, wire::Encoding encoding = wire::Encoding::kJpeg) {
    say(wire::Request{id, budget, encoding, {4, 4, 0}, as_bytes("jpeg"), {}});
  }

  template <typename T>
  T hear() {
    auto bytes = session.next_message();
    REQUIRE(bytes.has_value());
    session.sent(bytes->size());
    heard = *std::move(bytes);
    auto message = wire::decode(as_bytes(heard));
    REQUIRE(message.has_value());
    REQUIRE(std::holds_alternative<T>(*message));
    return std::get<T>(*std::move(message));
  }

  wire::ErrorMessage hear_error(std::uint64_t id, ErrorCode code) {
    auto error = hear<wire::ErrorMessage>();
    CHECK(error.request_id == id);
    CHECK(error.code == code);
    return error;
  }

  template <typename T>
  T event() {
    auto next = session.next_event();
    REQUIRE(next.has_value());
    REQUIRE(std::holds_alternative<T>(*next));
    return std::get<T>(*std::move(next));
  }

  void silent() {
    CHECK_FALSE(session.next_message().has_value());
    CHECK_FALSE(session.next_event().has_value());
  }

  void expect_closed(std::uint16_t code) {
    CHECK(event<CloseRequested>().code == code);
    silent();
    request(1'000'000);
    say(wire::Ping{1});
    silent();
    CHECK(session.next_deadline() == kNever);
  }

  BundleList served = {{"faces", "1", {"data"}, {wire::Encoding::kJpeg}},
                       {"words", "2", {"text", "mask"}, {wire::Encoding::kUtf8, wire::Encoding::kTensor}},
                       {"halves", "3", {"data"}, {wire::Encoding::kSplit, wire::Encoding::kJpeg}, false, 20}};
  Instant now{};
  Session session;
  std::string heard;
};

}  // namespace sluice::pipeline::testing
