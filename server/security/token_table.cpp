#include "server/security/token_table.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "server/models/sha256.hpp"
#include "server/security/presented_token.hpp"

namespace sluice::server {

namespace {

constexpr std::size_t kShownDigits = 8;  // enough to find a line by, and of no use to anybody else

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace

std::optional<TokenAccount::Refusal> TokenAccount::take_request(Instant now) {
  const Duration wait = rate.take(now);
  if (wait == Duration::zero()) return std::nullopt;
  const auto wait_ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return Refusal{{ErrorCode::kRateLimited, "token '" + name + "' may make " + short_number(rate.per_second()) +
                                               " requests a second; the next in " + std::to_string(wait_ms) + " ms"},
                 static_cast<std::uint32_t>(std::min<std::int64_t>(wait_ms, UINT32_MAX))};
}

Error TokenAccount::revocation() const {
  return {ErrorCode::kUnauthenticated, "token '" + name + "' was revoked; connect with another"};
}

Result<std::shared_ptr<TokenAccount>> TokenTable::authenticate(std::string_view authorization,
                                                               std::string_view subprotocols) const {
  const auto token = presented_token(authorization, subprotocols);
  if (!token) return fail(token.error());
  if (!*token) {
    return fail(ErrorCode::kUnauthenticated,
                "no token came; send 'Authorization: Bearer TOKEN', from a page the WebSocket subprotocol " +
                    std::string(kBearerSubprotocol) + "BASE64URL");
  }
  const auto hash = sha256_hex(as_bytes(**token));
  if (!hash) return fail(hash.error());
  // All are looked at, each to its end, so that the time says nothing about what matched how far.
  const Entry* found = nullptr;
  for (const auto& entry : entries_) {
    if (CRYPTO_memcmp(entry.sha256.data(), hash->data(), hash->size()) == 0) found = &entry;
  }
  if (found != nullptr) return found->account;
  return fail(ErrorCode::kUnauthenticated, "the token sent, whose SHA-256 begins with " +
                                               hash->substr(0, kShownDigits) +
                                               ", is not, or no longer, in this server's token file; send one that is");
}

std::size_t TokenTable::replace(const std::vector<TokenLine>& lines) {
  std::vector<Entry> entries;
  for (const auto& line : lines) {
    const auto known = std::ranges::find(entries_, line.sha256, &Entry::sha256);
    auto account = known == entries_.end() ? std::make_shared<TokenAccount>() : known->account;
    account->name = line.name;
    account->rate.change(line.requests_per_second, std::max(1.0, line.burst));
    if (account->principal == nullptr || account->share != line.share) {
      // What waits in the old one's name still gets its turn there.
      account->share = line.share;
      account->principal = std::make_shared<Principal>(line.share);
    }
    entries.push_back({line.sha256, std::move(account)});
  }
  std::size_t revoked = 0;
  for (const auto& entry : entries_) {
    if (std::ranges::find(entries, entry.sha256, &Entry::sha256) != entries.end()) continue;
    entry.account->revoked = true;
    ++revoked;
  }
  entries_ = std::move(entries);
  return revoked;
}

}  // namespace sluice::server
