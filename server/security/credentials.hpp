// What the server shows of itself, its certificate, and what it asks of others, their tokens: read from their files at the start and
// at each reload. What cannot be used then changes nothing but log and metrics: the certificate and the tokens from before serve on.
// Watches the certificate's end. Small files, read on the I/O thread, to which this belongs; log and metrics outlive it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "server/log.hpp"
#include "server/metrics/metrics.hpp"
#include "server/options.hpp"
#include "server/security/tls_context.hpp"
#include "server/security/token_table.hpp"

namespace sluice::server {

class Credentials {
 public:
  // `options` outlives this.
  Credentials(const ServerOptions& options, const Log& log, Metrics& metrics);

  // All that the options name, or why the server cannot start with it.
  Result<void> load();
  // Again, beside the serving. Connections with tokens that are listed no more are the caller's to close.
  void reload();
  // Tells the log before and after the certificate's end, from now on.
  void watch(const boost::asio::any_io_executor& executor);
  void stop_watching() { timer_.reset(); }  // before what the executor stands for goes

  // nullptr: connections are not encrypted. Else what new ones are opened with.
  std::shared_ptr<boost::asio::ssl::context> tls() const { return certificate_ ? certificate_->context : nullptr; }
  // nullptr: nobody needs a token.
  const TokenTable* tokens() const { return tokens_ ? &*tokens_ : nullptr; }

 private:
  Result<void> load_certificate();
  Result<std::size_t> load_tokens();  // how many were revoked
  void tell_of_expiry();
  void look_later();

  const ServerOptions& options_;
  const Log& log_;
  Metrics& metrics_;
  std::optional<TlsContext> certificate_;
  std::optional<TokenTable> tokens_;
  std::optional<boost::asio::steady_timer> timer_;
  std::chrono::system_clock::time_point told_at_;
};

}  // namespace sluice::server
