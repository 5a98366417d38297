// A certificate and its key as files, made into what TLS connections are opened with: TLS 1.2 or later, HTTP/1.1 by ALPN.
// No state. Includes Asio's SSL; only units that open connections include this.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "core/base/result.hpp"

namespace sluice::server {

struct TlsContext {
  // Connections hold what they need of it: it may be replaced while they go on.
  std::shared_ptr<boost::asio::ssl::context> context;
  std::string subject;                            // of the certificate, "CN=vision.example.org"
  std::chrono::system_clock::time_point expires;  // of the first certificate of the chain to expire
};

// `certificate` is a PEM chain, the server's own first; `key` its PEM key, without a password. kIoError, kInvalidCertificate: the
// message names the file, what is wrong and what to do. An expired certificate is none: clients refuse it, and see why.
Result<TlsContext> load_tls_context(const std::filesystem::path& certificate, const std::filesystem::path& key);

}  // namespace sluice::server
