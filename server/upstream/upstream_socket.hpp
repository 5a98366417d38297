// One WebSocket connection out, to the upstream: this server is its client, token and TLS included. It knows nothing of what is said on
// it. Over Beast on the server's own I/O thread, and not native/client's transport: that is WebSocket++, whose Asio is configured in
// another way, and one program can't hold both (Asio's allocation hooks have the same names in both and do different things); it would
// also take a thread for each connection.
// Everything belongs to the I/O thread. Events come from there, never from within a call. After forget() and after the end of this object
// no event comes any more.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "server/upstream/upstream_address.hpp"

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
}  // namespace boost::asio

namespace sluice::server {

struct SocketTerms {
  UpstreamAddress address;
  std::string token;                               // sent as "Authorization: Bearer ..."; none when empty
  std::shared_ptr<boost::asio::ssl::context> tls;  // trusted certificates; null: no TLS
  std::size_t max_message_bytes = std::size_t{8} << 20U;
  std::uint32_t connect_timeout_ms = 5000;  // name, TCP, TLS and upgrade together
  std::uint32_t write_timeout_ms = 10'000;  // of one message
};

struct SocketEvents {
  std::function<void()> opened;
  std::function<void(std::string message)> received;
  // It is gone, or never came. kNotConnected, kConnectionLost, kHandshakeRefused, kMessageTooLarge, with the reason.
  std::function<void(Error why)> closed;
};

// What a wss:// upstream's certificate is checked against: what the system's OpenSSL trusts, and the PEM certificates of `ca_file` where
// one is named. kIoError, kInvalidCertificate name the file.
Result<std::shared_ptr<boost::asio::ssl::context>> make_upstream_tls(const std::string& ca_file);

class UpstreamSocket {
 public:
  UpstreamSocket(boost::asio::io_context& io, SocketTerms terms, SocketEvents events);
  ~UpstreamSocket();
  UpstreamSocket(const UpstreamSocket&) = delete;
  UpstreamSocket& operator=(const UpstreamSocket&) = delete;

  // In place of the present connection, which is forgotten. Ends in opened() or closed().
  void connect();
  // One binary message, behind those before it; dropped where no connection is open.
  void send(std::string message);
  // Says goodbye behind what was sent, and forgets it.
  void close(std::uint16_t code);
  void forget();

 private:
  class Dial;
  template <typename Stream>
  class DialOn;
  boost::asio::io_context& io_;
  SocketTerms terms_;
  const SocketEvents events_;
  std::shared_ptr<Dial> dial_;
};

}  // namespace sluice::server
