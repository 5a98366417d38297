#include "native/client/server_address.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using sluice::client::stream_url;

TEST_CASE("addresses as people type them become the stream's URL") {
  CHECK(*stream_url("ws://127.0.0.1:8080") == "ws://127.0.0.1:8080/v1/stream");
  CHECK(*stream_url("ws://127.0.0.1:8080/") == "ws://127.0.0.1:8080/v1/stream");
  CHECK(*stream_url("localhost:8080") == "ws://localhost:8080/v1/stream");
  CHECK(*stream_url("http://gate.example") == "ws://gate.example/v1/stream");
  CHECK(*stream_url("ws://[::1]:9/mine") == "ws://[::1]:9/mine");
  CHECK(*stream_url("wss://gate.example") == "wss://gate.example/v1/stream");
  CHECK(*stream_url("https://gate.example/") == "wss://gate.example/v1/stream");
}

TEST_CASE("what is no address is refused with an example") {
  for (const char* address : {"", "ws://", "ws:///path", ":8080", "ftp://host", "wss://", "ws://a b", "ws://host#x"}) {
    const auto url = stream_url(address);
    REQUIRE_FALSE_MESSAGE(url.has_value(), address);
    CHECK(url.error().code == ErrorCode::kInvalidArgument);
    CHECK(url.error().message.find("ws://127.0.0.1:8080") != std::string::npos);
  }
}
