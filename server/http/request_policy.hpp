// Who may ask: hosts, origins and tokens, and what pages of listed origins may read of the answers. What it refuses it counts and
// logs. Borrows the context; used on the I/O thread.
#pragma once

#include <memory>
#include <optional>

#include "core/base/result.hpp"
#include "server/context.hpp"
#include "server/http/exchange.hpp"

namespace sluice::server {

class RequestPolicy {
 public:
  explicit RequestPolicy(ServerContext& context) : context_(context) {}

  // The answer to a request for another host, or from a page of another origin.
  std::optional<HttpReply> refuse(const HttpHead& head) const;

  // Whose request it is; null where no token is needed. kUnauthenticated.
  Result<std::shared_ptr<TokenAccount>> account_of(const HttpHead& head) const;
  // The answer to a request whose account_of() failed.
  HttpReply unauthenticated(const Error& why, const HttpHead& head) const;

  HttpReply preflight(const HttpHead& head) const;
  // A page of a listed origin may read the reply, refusals and their advice included.
  HttpReply readable(HttpReply reply, const HttpHead& head) const;

 private:
  ServerContext& context_;
};

}  // namespace sluice::server
