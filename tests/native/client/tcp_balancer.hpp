// A plain TCP balancer on loopback, such as stands in front of several servers: each connection goes to the next backend in turn, and
// to the one after it where that refuses. It looks into nothing that it forwards. Of bare sockets and a thread a direction, since the
// client's Asio and the server's are built in different ways.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace sluice::test {

class TcpBalancer {
 public:
  explicit TcpBalancer(std::vector<int> backend_ports);
  ~TcpBalancer();
  TcpBalancer(const TcpBalancer&) = delete;
  TcpBalancer& operator=(const TcpBalancer&) = delete;

  int port() const { return port_; }
  // Connections that were forwarded to each backend so far, in the order of the ports.
  int forwarded(std::size_t backend) const { return forwarded_[backend]; }

 private:
  struct Connection;
  void accept_all();
  int connect_to_next(std::size_t& turn);

  const std::vector<int> backends_;
  std::vector<std::atomic<int>> forwarded_;
  int listener_ = -1;
  int port_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;  // the accepting thread's; kept to the end
  std::thread thread_;
};

}  // namespace sluice::test
