// One WebSocket connection after the other, as the client's pipeline asks for them. What stands behind it is replaceable; nothing of it shows here. C++17, since its translation unit is.
// Owns one I/O thread, on which all callbacks run, one at a time; the functions may be called from any thread and from
// callbacks, except shutdown(), which waits for that thread. Nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/base/error_code.hpp"

namespace sluice::client {

struct TransportOptions {
  std::string url;          // "ws://host:port/path", or with wss://
  std::string subprotocol;  // the server must choose it
  std::string user_agent;
  std::string token;    // sent as "Authorization: Bearer ..."; none when empty
  std::string ca_file;  // PEM certificates to trust for wss:// beside the system's; none when empty
  std::size_t max_message_bytes = std::size_t{16} << 20;
  std::uint32_t connect_timeout_ms = 5000;  // name, TCP, TLS and WebSocket handshake together
  std::uint32_t close_timeout_ms = 1000;    // until the server has confirmed the close
};

struct TransportCallbacks {
  std::function<void()> opened;
  std::function<void(std::string message)> received;
  // That many bytes of messages have left this machine, as far as it knows, since the last call.
  std::function<void(std::size_t bytes)> sent;
  // The connection is gone, or never came; not called after close().
  std::function<void(ErrorCode code, const std::string& why)> closed;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Opens a connection in place of the present one, which is forgotten. Ends in opened() or closed().
  virtual void connect() = 0;
  // Sends one binary message; dropped when there is no open connection (closed() has told or will tell).
  virtual void send(std::string message) = 0;
  // Closes the connection behind what was sent; nothing more is reported about it.
  virtual void close(std::uint16_t code) = 0;
  // Closes what is open, waits for the I/O thread and makes no callback afterwards. Idempotent; not from a callback.
  virtual void shutdown() = 0;
};

// The transport over WebSocket++. nullptr with the reason in `error` when the URL is not one it can open.
std::unique_ptr<Transport> make_websocket_transport(const TransportOptions& options, TransportCallbacks callbacks,
                                                    std::string& error);

}  // namespace sluice::client
