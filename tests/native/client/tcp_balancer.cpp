#include "tests/native/client/tcp_balancer.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace sluice::test {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Not inherited by the servers that a test starts, which would hold the connections open.
int new_socket() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

bool send_all(int socket, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(socket, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

// Until `from` has no more, which `to` then hears; or until `to` takes no more.
void forward(int from, int to) {
  std::array<char, 16384> bytes;
  ssize_t got = 0;
  while ((got = ::recv(from, bytes.data(), bytes.size(), 0)) > 0) {
    if (!send_all(to, bytes.data(), static_cast<std::size_t>(got))) break;
  }
  ::shutdown(to, SHUT_WR);
  ::shutdown(from, SHUT_RD);
}

}  // namespace

struct TcpBalancer::Connection {
  Connection(int client_socket, int server_socket) : client(client_socket), server(server_socket) {
    const int at_once = 1;
    for (const int socket : {client, server}) {
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    }
    up = std::thread([this] { forward(client, server); });
    down = std::thread([this] { forward(server, client); });
  }
  ~Connection() {
    for (const int socket : {client, server}) ::shutdown(socket, SHUT_RDWR);
    up.join();
    down.join();
    for (const int socket : {client, server}) ::close(socket);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const int client;
  const int server;
  std::thread up;
  std::thread down;
};

TcpBalancer::TcpBalancer(std::vector<int> backend_ports)
    : backends_(std::move(backend_ports)), forwarded_(backends_.size()), listener_(new_socket()) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener_, 64) == 0);
  REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { accept_all(); });
}

TcpBalancer::~TcpBalancer() {
  ::shutdown(listener_, SHUT_RDWR);  // which ends accept()
  thread_.join();
  connections_.clear();
  ::close(listener_);
}

void TcpBalancer::accept_all() {
  std::size_t turn = 0;
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = connect_to_next(turn);
    if (server < 0) {
      ::close(client);
      continue;
    }
    connections_.push_back(std::make_unique<Connection>(client, server));
  }
}

int TcpBalancer::connect_to_next(std::size_t& turn) {
  for (std::size_t tries = 0; tries < backends_.size(); ++tries) {
    const std::size_t backend = turn++ % backends_.size();
    const int socket = new_socket();
    const sockaddr_in address = loopback(backends_[backend]);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      ++forwarded_[backend];
      return socket;
    }
    ::close(socket);
  }
  return -1;
}

}  // namespace sluice::test
