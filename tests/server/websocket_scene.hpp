// The scene of the tests by the cases of the Autobahn test suite (github.com/crossbario/autobahn-testsuite): frames go in on a
// connection of their own, and what the server says is held against what it should, word for word, up to the connection's end.
// Autobahn expects an echo; this server's answer to a message that came through whole is instead
//   binary   a request, whose Answer brings back the bytes that it was sent
//   text     close code 1003, once it is whole and known to be UTF-8
#pragma once

#include <string>
#include <vector>

#include "tests/server/frame_client.hpp"
#include "tests/server/test_server.hpp"

namespace sluice::test {

// Of the connection of a case; each has been greeted, and asked request 1.
struct WebSocketCase {
  std::string number;  // Autobahn's
  std::vector<Frame> sent;
  // In the order in which it has to come: "answer 2", "pong hello", "error malformed_message", "close 1002".
  std::vector<std::string> expected;
  std::size_t chop = 0;  // sent in pieces of so many bytes; 0: whole
};

class WebSocketScene {
 public:
  WebSocketScene();

  // Sends a case's frames and checks what comes. Where no close is expected, the client closes with 1000, which must be all
  // that comes in the end.
  void check(const WebSocketCase& one);
  void check(const std::vector<WebSocketCase>& cases) {
    for (const WebSocketCase& one : cases) check(one);
  }

  std::uint16_t port() const { return server_->port(); }
  // Says hello, and has request 1 answered.
  static void greet(FrameClient& client);

 private:
  TemporaryFolder folder_;
  std::unique_ptr<TestServer> server_;
};

// The server's next frame in words as above; "end" when the connection has ended, "silence" after a minute.
std::string hear(FrameClient& client);

// A message of exactly `bytes` bytes that asks for its own bytes back.
std::string request_of_size(std::uint64_t id, std::size_t bytes);

// The message in fragments that end at these places.
std::vector<Frame> fragments(Opcode opcode, const std::string& message, const std::vector<std::size_t>& ends);
// ... and of `size` bytes each.
std::vector<Frame> fragments_of(Opcode opcode, const std::string& message, std::size_t size);

}  // namespace sluice::test
