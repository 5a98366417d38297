// One TLS handshake with a server, by OpenSSL alone, for what no ordinary client shows or asks for. Trusts any certificate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::test {

struct TlsOffer {
  int newest_version = 0;              // TLS1_2_VERSION, ...; 0: whatever OpenSSL has
  std::vector<std::string> protocols;  // by ALPN; none: the extension is left out
};

struct TlsHandshake {
  bool done = false;
  std::string version;   // "TLSv1.3"
  std::string protocol;  // chosen by ALPN; empty: none
  std::string subject;   // of the server's certificate, "CN=localhost"
  std::string problem;   // when it was not done
};

TlsHandshake tls_handshake(std::uint16_t port, const TlsOffer& offer = {});

}  // namespace sluice::test
