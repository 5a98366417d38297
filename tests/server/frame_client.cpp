#include "tests/server/frame_client.hpp"

#include <algorithm>
#include <array>

namespace sluice::test {
namespace {

constexpr std::array<char, 4> kMask = {'\x37', '\xfa', '\x21', '\x3d'};

void append_number(std::string& bytes, std::uint64_t number, int width) {
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFFU);
}

std::uint64_t number_in(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

std::string frame_bytes(const Frame& frame) {
  std::string bytes;
  bytes += static_cast<char>((frame.last ? 0x80U : 0U) | static_cast<unsigned>(frame.reserved) << 4U | frame.opcode);
  constexpr unsigned kMasked = 0x80;
  const std::size_t size = frame.payload.size();
  if (size < 126) {
    bytes += static_cast<char>(kMasked | size);
  } else if (size < 65536) {
    bytes += static_cast<char>(kMasked | 126U);
    append_number(bytes, size, 2);
  } else {
    bytes += static_cast<char>(kMasked | 127U);
    append_number(bytes, size, 8);
  }
  bytes.append(kMask.begin(), kMask.end());
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(frame.payload[i] ^ kMask[i % kMask.size()]);
  return bytes;
}

Frame close_frame(std::uint16_t code, std::string_view reason) {
  Frame frame{.opcode = kClose};
  append_number(frame.payload, code, 2);
  frame.payload += reason;
  return frame;
}

FrameClient::FrameClient(std::uint16_t port) : socket_(port) {
  socket_.send("GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
               "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: sluice.v1\r\n\r\n");
  std::size_t end = std::string::npos;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!have(unread_.size() + 1)) return;
  }
  upgraded_ = unread_.starts_with("HTTP/1.1 101 ");
  unread_.erase(0, end + 4);
}

void FrameClient::send(std::string_view bytes, std::size_t chop) {
  const std::size_t piece = chop == 0 ? bytes.size() : chop;
  // A server that has closed takes no more, which receive() shows.
  while (!bytes.empty() && socket_.send(bytes.substr(0, piece))) bytes.remove_prefix(std::min(piece, bytes.size()));
}

bool FrameClient::have(std::size_t bytes) {
  while (unread_.size() < bytes) {
    const std::string more = socket_.read_some();
    if (more.empty()) return false;
    unread_ += more;
  }
  return true;
}

std::optional<Frame> FrameClient::receive() {
  if (!have(2)) return std::nullopt;
  const auto first = static_cast<unsigned char>(unread_[0]);
  // The highest bit would say that it is masked, which a server's frames must not be: then the size here is absurd.
  std::uint64_t size = static_cast<unsigned char>(unread_[1]);
  std::size_t header = 2;
  if (size == 126 || size == 127) {
    const std::size_t width = size == 126 ? 2 : 8;
    if (!have(header + width)) return std::nullopt;
    size = number_in(std::string_view(unread_).substr(header, width));
    header += width;
  }
  if (!have(header + size)) return std::nullopt;
  Frame frame{.opcode = static_cast<std::uint8_t>(first & 0x0FU),
              .payload = unread_.substr(header, size),
              .last = (first & 0x80U) != 0,
              .reserved = static_cast<std::uint8_t>(first >> 4U & 7U)};
  unread_.erase(0, header + size);
  return frame;
}

}  // namespace sluice::test
