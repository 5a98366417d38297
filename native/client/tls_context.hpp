// What a wss:// connection trusts: the certificates that the system's OpenSSL trusts ($SSL_CERT_FILE and $SSL_CERT_DIR name
// other places to find them), for the host that was asked for and no other, over TLS 1.2 or later. C++17, like the transport.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <string>

namespace sluice::client {

// A context for one connection to `host`, a name or an address, which trusts the PEM certificates of `ca_file` as well, where one is
// named. `refused` is called during the handshake with the reason when
// the host's certificate is not accepted. nullptr when OpenSSL cannot make one, or finds no certificate in that file.
std::shared_ptr<boost::asio::ssl::context> make_tls_context(const std::string& host, const std::string& ca_file,
                                                            std::function<void(const std::string& why)> refused);

}  // namespace sluice::client
