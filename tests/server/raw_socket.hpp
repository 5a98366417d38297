// A plain TCP connection to loopback, for what no well-behaved client does: half a request, garbage, silence, illegal frames.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::test {

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port);
  ~RawSocket();
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  bool connected() const { return socket_ >= 0; }
  // Each call leaves as a segment of its own where the connection keeps up.
  bool send(std::string_view bytes);
  // What has come, waiting for the first byte; empty once the server has closed, or after a minute, which read_timed_out() tells.
  std::string read_some();
  // What comes until the server closes; gives up after a minute without a byte.
  std::string read_to_end();
  bool read_timed_out() const { return timed_out_; }

 private:
  int socket_ = -1;
  bool timed_out_ = false;
};

}  // namespace sluice::test
