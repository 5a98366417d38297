// Clients for tests, over Beast: a WebSocket that speaks Sluice's messages, and single HTTP requests. Blocking, each call
// with a time limit that only a hung server reaches. Failures to connect are values, since tests provoke them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/wire/messages.hpp"

namespace sluice::test {

inline constexpr auto kPatience = std::chrono::seconds(60);

struct HttpAnswer {
  unsigned status = 0;                         // 0: no answer came
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

// One request on a connection of its own. A "Host" header in `headers` takes the place of the right one.
HttpAnswer http_request(std::uint16_t port, const std::string& method, const std::string& target, std::string body = {},
                        const Headers& headers = {});
inline HttpAnswer http_get(std::uint16_t port, const std::string& target, const Headers& headers = {}) {
  return http_request(port, "GET", target, {}, headers);
}

// The same over TLS, with any certificate.
HttpAnswer https_request(std::uint16_t port, const std::string& method, const std::string& target,
                         std::string body = {}, const Headers& headers = {});
inline HttpAnswer https_get(std::uint16_t port, const std::string& target, const Headers& headers = {}) {
  return https_request(port, "GET", target, {}, headers);
}

class WebSocketClient {
 public:
  struct Options {
    std::string target = "/v1/stream";
    std::string subprotocol = "sluice.v1";
    std::string origin;
    std::string host;              // empty: the right one
    std::string authorization;     // that header
    bool tls = false;              // with any certificate
    int receive_buffer_bytes = 0;  // of the socket; 0: the system's choice
  };

  WebSocketClient();
  ~WebSocketClient();

  // Whether the upgrade was accepted; else status() is the HTTP status, 0 when the connection just ended.
  bool connect(std::uint16_t port, const Options& options);
  bool connect(std::uint16_t port) { return connect(port, Options()); }
  unsigned status() const;
  const std::string& subprotocol() const;  // that the server chose

  void send(const wire::Message& message);
  bool send_bytes(const std::string& bytes, bool binary = true);

  // The next message, whose views stay valid until the next call; nullopt when the connection was closed.
  std::optional<wire::Message> receive();
  // The close code that the server sent; 0 when there was none.
  std::uint16_t close_code() const;

  void close();       // in order
  void disconnect();  // without a word

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::test
