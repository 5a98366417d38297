// A WebSocket client that makes its frames itself, so that illegal ones can be made: reserved bits and opcodes, fragments in any
// order, frames cut anywhere. It upgrades as it should and then sends what it is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/server/raw_socket.hpp"

namespace sluice::test {

enum Opcode : std::uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

struct Frame {
  std::uint8_t opcode = kBinary;
  std::string payload{};
  bool last = true;           // FIN
  std::uint8_t reserved = 0;  // RSV1 is 4, RSV2 is 2, RSV3 is 1
};

// As a client sends it, masked.
std::string frame_bytes(const Frame& frame);

Frame close_frame(std::uint16_t code, std::string_view reason = {});

class FrameClient {
 public:
  // Whether it was upgraded tells upgraded().
  explicit FrameClient(std::uint16_t port);
  bool upgraded() const { return upgraded_; }

  // In pieces of `chop` bytes; 0: whole.
  void send(std::string_view bytes, std::size_t chop = 0);
  void send(const Frame& frame, std::size_t chop = 0) { send(frame_bytes(frame), chop); }

  // The server's next frame; nullopt when the connection has ended, or after a minute of silence.
  std::optional<Frame> receive();
  bool timed_out() const { return socket_.read_timed_out(); }

 private:
  bool have(std::size_t bytes);

  RawSocket socket_;
  std::string unread_;
  bool upgraded_ = false;
};

}  // namespace sluice::test
