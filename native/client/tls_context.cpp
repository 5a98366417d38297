// Compiled as C++17, as the transport is.
#include "native/client/tls_context.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/ssl/host_name_verification.hpp>
#include <utility>

namespace sluice::client {

namespace ssl = boost::asio::ssl;

std::shared_ptr<ssl::context> make_tls_context(const std::string& host, const std::string& ca_file,
                                               std::function<void(const std::string& why)> refused) {
  try {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_default_verify_paths();
    if (!ca_file.empty()) context->load_verify_file(ca_file);
    context->set_verify_mode(ssl::verify_peer);
    context->set_verify_callback([host, refused = std::move(refused), check = ssl::host_name_verification(host)](
                                     bool trusted, ssl::verify_context& certificate) {
      if (check(trusted, certificate)) return true;
      const int code = X509_STORE_CTX_get_error(certificate.native_handle());
      refused(trusted ? "it is not for '" + host + "'" : X509_verify_cert_error_string(code));
      return false;
    });
    return context;
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace sluice::client
