#include "native/client/socket_progress.hpp"

#ifdef __linux__
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#endif

namespace sluice::client {

#ifdef __linux__
namespace {

constexpr int kMostUnsentBytes = 16 * 1024;

}  // namespace

std::uint64_t bytes_on_network(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  if (size < offsetof(tcp_info, tcpi_bytes_retrans) + sizeof info.tcpi_bytes_retrans) return 0;
  return info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
}

void keep_little_unsent(int socket) {
  static_cast<void>(setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostUnsentBytes, sizeof kMostUnsentBytes));
}
#else
std::uint64_t bytes_on_network(int) { return 0; }
void keep_little_unsent(int) {}
#endif

}  // namespace sluice::client
