// A thin link on loopback: a TCP proxy that carries each direction at a rate of bytes a second, behind a fixed delay one way.
// A token bucket takes bytes from the sender's socket no sooner than the link can carry them, and the sockets' buffers are
// small, so that what the link can't carry stays with the sender, as it does behind a real modem. All connections share the
// link. It says what it has carried, and when. One thread: whoever runs the io_context that it was given and borrows.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::bench {

struct LinkOptions {
  std::uint16_t to_port = 0;  // on 127.0.0.1
  std::uint64_t up_bytes_per_s = 0;
  std::uint64_t down_bytes_per_s = 0;
  std::chrono::milliseconds delay{0};  // one way
};

// Bytes carried upwards up to a moment, ends of their carrying in order.
struct Carried {
  std::int64_t unix_us = 0;
  std::uint64_t bytes = 0;  // since the link was made
};

class PacedLink {
 public:
  // Listens on a free port of 127.0.0.1. Throws boost::system::system_error when it can't.
  PacedLink(boost::asio::io_context& context, const LinkOptions& options);
  ~PacedLink();
  PacedLink(const PacedLink&) = delete;
  PacedLink& operator=(const PacedLink&) = delete;

  std::uint16_t port() const;
  const std::vector<Carried>& carried_up() const;
  std::uint64_t carried_down() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with the connections that are still open
};

}  // namespace sluice::bench
