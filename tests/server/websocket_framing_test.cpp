// How the server takes WebSocket frames: Autobahn's cases 1 (framing), 2 (pings), 3 (reserved bits), 4 (reserved opcodes) and 5
// (fragments), by their numbers. What comes whole is answered; an illegal frame closes with 1002, and nobody else notices.
#include <doctest/doctest.h>

#include "tests/server/websocket_scene.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

Frame text(std::string words) { return {.opcode = kText, .payload = std::move(words)}; }
Frame ping(std::string payload = {}) { return {.opcode = kPing, .payload = std::move(payload)}; }
Frame pong(std::string payload = {}) { return {.opcode = kPong, .payload = std::move(payload)}; }
Frame asks(std::uint64_t id) { return {.opcode = kBinary, .payload = request_of_size(id, 100)}; }

Frame not_last(Frame frame) {
  frame.last = false;
  return frame;
}
Frame reserved(std::uint8_t bits, Frame frame) {
  frame.reserved = bits;
  return frame;
}
Frame of_opcode(int opcode, std::string payload = {}) {
  return {.opcode = static_cast<std::uint8_t>(opcode), .payload = std::move(payload)};
}

}  // namespace

TEST_CASE("1: messages of every length of a length are taken whole, however they arrive") {
  WebSocketScene scene;
  scene.check({{"1.1.1", {text("")}, {"close 1003"}}, {"1.2.1", {{.opcode = kBinary}}, {"error malformed_message"}}});
  struct Size {
    std::string last_part;
    std::size_t bytes;
    std::size_t chop;
  };
  const std::vector<Size> sizes = {{"2", 125, 0},   {"3", 126, 0},   {"4", 127, 0},    {"5", 128, 0},
                                   {"6", 65535, 0}, {"7", 65536, 0}, {"8", 65536, 997}};
  for (const Size& size : sizes) {
    scene.check({"1.1." + size.last_part, {text(std::string(size.bytes, '*'))}, {"close 1003"}, size.chop});
    scene.check({"1.2." + size.last_part,
                 {{.opcode = kBinary, .payload = request_of_size(2, size.bytes)}},
                 {"answer 2"},
                 size.chop});
  }
}

TEST_CASE("2: pings are answered with what they carry, pongs are not") {
  WebSocketScene scene;
  const std::string bytes("\x00\xff\xfe\xfd\xfc\xfb\x00\xff", 8);
  const std::string largest(125, '\xfe');
  std::vector<Frame> ten;
  std::vector<std::string> all;
  for (int i = 0; i < 10; ++i) {
    ten.push_back(ping("payload-" + std::to_string(i)));
    all.push_back("pong payload-" + std::to_string(i));
  }
  scene.check({
      {"2.1", {ping()}, {"pong "}},
      {"2.2", {ping("Hello, world!")}, {"pong Hello, world!"}},
      {"2.3", {ping(bytes)}, {"pong " + bytes}},
      {"2.4", {ping(largest)}, {"pong " + largest}},
      {"2.5", {ping(std::string(126, '\xfe'))}, {"close 1002"}},
      {"2.6", {ping(largest)}, {"pong " + largest}, 1},
      {"2.7", {pong()}, {}},
      {"2.8", {pong("unsolicited")}, {}},
      {"2.9", {pong("unsolicited"), ping("solicited")}, {"pong solicited"}},
      {"2.10", ten, all},
      {"2.11", ten, all, 1},
  });
}

TEST_CASE("3: a reserved bit closes, whatever the frame and however it arrives") {
  WebSocketScene scene;
  scene.check({
      {"3.1", {reserved(1, text("Hello, world!"))}, {"close 1002"}},
      {"3.2", {reserved(2, text("Hello, world!")), ping()}, {"close 1002"}},
      {"3.3", {reserved(3, text("Hello, world!")), ping()}, {"close 1002"}, 1},
      {"3.4", {reserved(4, text("Hello, world!")), ping()}, {"close 1002"}, 1},
      {"3.5", {reserved(5, asks(2))}, {"close 1002"}},
      {"3.6", {reserved(6, ping("Hello, world!"))}, {"close 1002"}},
      {"3.7", {reserved(7, close_frame(1000))}, {"close 1002"}},
  });
}

TEST_CASE("4: a reserved opcode closes, with a payload or without") {
  WebSocketScene scene;
  for (const int first : {3, 11}) {
    const std::string number = first == 3 ? "4.1." : "4.2.";
    scene.check({
        {number + "1", {of_opcode(first)}, {"close 1002"}},
        {number + "2", {of_opcode(first + 1, "reserved")}, {"close 1002"}},
        {number + "3", {of_opcode(first + 2), ping()}, {"close 1002"}},
        {number + "4", {of_opcode(first + 3, "reserved"), ping()}, {"close 1002"}},
        {number + "5", {of_opcode(first + 4, "reserved"), ping()}, {"close 1002"}, 1},
    });
  }
}

TEST_CASE("5: messages in fragments are put together, with pings between them; what is out of order closes") {
  WebSocketScene scene;
  const std::string message = request_of_size(2, 100);
  const Frame stray{.opcode = kContinuation, .payload = "non-continuation payload"};
  const auto with_ping = [&](const std::vector<Frame>& two) { return std::vector{two[0], ping("between"), two[1]}; };
  const auto ping_in_two = fragments(kPing, "fragment1fragment2", {9});
  const auto pong_in_two = fragments(kPong, "fragment1fragment2", {9});
  const auto text_in_two = fragments(kText, "fragment1fragment2", {9});
  const auto in_two = fragments(kBinary, message, {60});
  const auto in_five = fragments(kBinary, message, {10, 20, 30, 99});
  const std::vector<Frame> with_pings = {in_five[0], in_five[1],     ping("first"), in_five[2],
                                         in_five[3], ping("second"), in_five[4]};
  // What is legal, at once and octet by octet.
  for (const std::size_t chop : {0, 1}) {
    scene.check({
        {chop == 0 ? "5.3" : "5.5", text_in_two, {"close 1003"}, chop},
        {chop == 0 ? "5.3" : "5.5", in_two, {"answer 2"}, chop},
        {chop == 0 ? "5.6" : "5.8", with_ping(text_in_two), {"pong between", "close 1003"}, chop},
        {chop == 0 ? "5.6" : "5.8", with_ping(in_two), {"pong between", "answer 2"}, chop},
        {chop == 0 ? "5.19" : "5.20", with_pings, {"pong first", "pong second", "answer 2"}, chop},
    });
  }
  // Fragments that are cut, too: what arrives together is not what belongs together.
  scene.check({
      {"5.4", in_two, {"answer 2"}, 25},
      {"5.7", with_ping(in_two), {"pong between", "answer 2"}, 25},
      {"5.3, of one byte each", fragments_of(kBinary, message, 1), {"answer 2"}},
      {"5.3, of none", fragments(kBinary, message, {0, 0, 50, 50, 100}), {"answer 2"}},
  });
  scene.check({
      {"5.1", ping_in_two, {"close 1002"}},
      {"5.2", pong_in_two, {"close 1002"}},
      {"5.9", {stray, asks(2)}, {"close 1002"}},
      {"5.10", {stray, asks(2)}, {"close 1002"}, 25},
      {"5.11", {stray, asks(2)}, {"close 1002"}, 1},
      {"5.12", {not_last(stray), asks(2)}, {"close 1002"}},
      {"5.13", {not_last(stray), asks(2)}, {"close 1002"}, 25},
      {"5.14", {not_last(stray), asks(2)}, {"close 1002"}, 1},
      {"5.16", {not_last(stray), asks(2), not_last(stray), asks(3)}, {"close 1002"}},
      {"5.17", {stray, asks(2), stray, asks(3)}, {"close 1002"}},
      {"5.18", {in_two[0], asks(3)}, {"close 1002"}},
  });
}

TEST_CASE("5.15: what is out of order behind a whole message takes nothing from it") {
  WebSocketScene scene;
  FrameClient client(scene.port());
  WebSocketScene::greet(client);
  for (const Frame& frame : fragments(kBinary, request_of_size(2, 100), {60})) client.send(frame);
  CHECK(hear(client) == "answer 2");
  client.send(not_last({.opcode = kContinuation, .payload = "stray"}));
  client.send(asks(3));
  CHECK(hear(client) == "close 1002");
  CHECK(hear(client) == "end");
}

TEST_CASE("a client that does not mask its frames is closed") {
  WebSocketScene scene;
  FrameClient client(scene.port());
  WebSocketScene::greet(client);
  client.send("\x89\x02hi");
  CHECK(hear(client) == "close 1002");
  CHECK(hear(client) == "end");
}
