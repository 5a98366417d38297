// Who holds which token, while the server runs. An account is what all connections with one token share: whom the queue is fair
// to, and the rate. It lives on when the file is read anew and still lists the token, so that nobody gains by a reload.
// The I/O thread's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "server/dispatch/principal.hpp"
#include "server/security/rate_limit.hpp"
#include "server/security/token_file.hpp"

namespace sluice::server {

struct TokenAccount {
  std::string name;
  std::shared_ptr<Principal> principal;
  double share = 1;
  RateLimit rate{0, 1};
  bool revoked = false;  // the file lists it no more

  // Takes one request of the rate; kRateLimited, with the time until the next may come, when there is none left.
  struct Refusal {
    Error error;
    std::uint32_t retry_after_ms = 0;
  };
  std::optional<Refusal> take_request(Instant now);
  // What the holder of a revoked token is told.
  Error revocation() const;
};

class TokenTable {
 public:
  explicit TokenTable(const std::vector<TokenLine>& lines) { replace(lines); }

  // Whose token a request brings, as its headers have it (presented_token.hpp). kUnauthenticated says what to send, and names an
  // unknown token by the beginning of its SHA-256.
  Result<std::shared_ptr<TokenAccount>> authenticate(std::string_view authorization,
                                                     std::string_view subprotocols) const;

  // The file's lines of today. Accounts that they do not list are revoked; how many.
  std::size_t replace(const std::vector<TokenLine>& lines);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string sha256;
    std::shared_ptr<TokenAccount> account;
  };
  std::vector<Entry> entries_;
};

}  // namespace sluice::server
