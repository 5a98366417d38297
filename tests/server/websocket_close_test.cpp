// Autobahn's cases 7, how a connection is closed: a close is answered with its own code, once, and ends all; one that the protocol
// does not allow is answered with 1002.
#include <doctest/doctest.h>

#include "tests/server/websocket_scene.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

const std::string kThousand = "close 1000";

Frame ping() { return {.opcode = kPing, .payload = "after the close"}; }
Frame close_with(std::string payload) { return {.opcode = kClose, .payload = std::move(payload)}; }

}  // namespace

TEST_CASE("7.1: nothing is said after a close, whatever follows it") {
  WebSocketScene scene;
  const auto in_two = fragments(kBinary, request_of_size(2, 100), {60});
  const Frame asks{.opcode = kBinary, .payload = request_of_size(2, 100)};
  scene.check({
      {"7.1.1", {close_frame(1000)}, {kThousand}},
      {"7.1.2", {close_frame(1000), close_frame(1000)}, {kThousand}},
      {"7.1.3", {close_frame(1000), ping()}, {kThousand}},
      {"7.1.4", {close_frame(1000), asks}, {kThousand}},
      {"7.1.5", {in_two[0], close_frame(1000), in_two[1]}, {kThousand}},
  });
}

TEST_CASE("7.1.6: a close right behind a large request is answered, before its answer or after") {
  WebSocketScene scene;
  const Frame large{.opcode = kBinary, .payload = request_of_size(2, 256 << 10)};
  FrameClient client(scene.port());
  WebSocketScene::greet(client);
  for (const Frame& frame : {large, close_frame(1000), ping()}) client.send(frame);
  std::string heard = hear(client);
  if (heard == "answer 2") heard = hear(client);
  CHECK(heard == kThousand);
  CHECK(hear(client) == "end");
}

TEST_CASE("7.3: a close may have no code, or a code and a reason of 123 bytes") {
  WebSocketScene scene;
  scene.check({
      {"7.3.1", {close_with("")}, {kThousand}},
      {"7.3.2", {close_with("a")}, {"close 1002"}},
      {"7.3.3", {close_frame(1000)}, {kThousand}},
      {"7.3.4", {close_frame(1000, "Hello World!")}, {kThousand}},
      {"7.3.5", {close_frame(1000, std::string(123, '*'))}, {kThousand}},
      {"7.3.6", {close_frame(1000, std::string(124, '*'))}, {"close 1002"}},
      {"7.5.1", {close_frame(1000, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80")}, {"close 1002"}},
  });
}

TEST_CASE("7.7: every code that a client may close with is answered with the same") {
  WebSocketScene scene;
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999}) {
    const std::string number = std::to_string(code);
    scene.check({"7.7, code " + number, {close_frame(static_cast<std::uint16_t>(code))}, {"close " + number}});
  }
}

TEST_CASE("7.9: a code that nobody may send is an error of the client's") {
  WebSocketScene scene;
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999}) {
    scene.check({"7.9, code " + std::to_string(code), {close_frame(static_cast<std::uint16_t>(code))}, {"close 1002"}});
  }
}

TEST_CASE("7.13: codes of which the protocol says nothing are answered like others") {
  WebSocketScene scene;
  scene.check({
      {"7.13.1", {close_frame(5000)}, {"close 5000"}},
      {"7.13.2", {close_frame(65535)}, {"close 65535"}},
  });
}
