#include "tests/server/tls_probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <memory>

namespace sluice::test {

TlsHandshake tls_handshake(std::uint16_t port, const TlsOffer& offer) {
  TlsHandshake result;
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{60, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;

  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  // The client is to allow what the server must not.
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_security_level(context.get(), 0);
  if (offer.newest_version != 0) SSL_CTX_set_max_proto_version(context.get(), offer.newest_version);
  std::string protocols;
  for (const auto& one : offer.protocols) protocols += static_cast<char>(one.size()) + one;
  if (!protocols.empty()) {
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
  }
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  SSL_set_fd(ssl.get(), socket);
  ERR_clear_error();
  result.done = connected && SSL_connect(ssl.get()) == 1;
  if (result.done) {
    result.version = SSL_get_version(ssl.get());
    const unsigned char* chosen = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl.get(), &chosen, &size);
    result.protocol.assign(reinterpret_cast<const char*>(chosen), size);
    char name[256];
    X509* const certificate = SSL_get1_peer_certificate(ssl.get());
    X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name);
    X509_free(certificate);
    result.subject = std::string(name).substr(1);  // it begins with '/'
    SSL_shutdown(ssl.get());
  } else {
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    result.problem = reason == nullptr ? "closed" : reason;
  }
  ::close(socket);
  return result;
}

}  // namespace sluice::test
