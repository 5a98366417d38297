#include "server/security/presented_token.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace sluice::server {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

int base64url_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

// Without padding, which a subprotocol's name may not hold (RFC 4648, section 5).
std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = base64url_value(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

}  // namespace

Result<std::optional<std::string>> presented_token(std::string_view authorization, std::string_view subprotocols) {
  authorization = trimmed(authorization);
  if (!authorization.empty()) {
    const auto space = authorization.find(' ');
    const auto scheme = authorization.substr(0, space);
    const auto token = space == std::string_view::npos ? std::string_view{} : trimmed(authorization.substr(space));
    if (equal_ignoring_case(scheme, "Bearer") && !token.empty()) return std::optional(std::string(token));
    return fail(ErrorCode::kUnauthenticated,
                "the Authorization header holds no token; send 'Authorization: Bearer TOKEN'");
  }
  while (!subprotocols.empty()) {
    const auto comma = subprotocols.find(',');
    auto one = trimmed(subprotocols.substr(0, comma));
    subprotocols.remove_prefix(comma == std::string_view::npos ? subprotocols.size() : comma + 1);
    if (!one.starts_with(kBearerSubprotocol)) continue;
    one.remove_prefix(kBearerSubprotocol.size());
    auto token = from_base64url(one);
    if (token && !token->empty()) return token;
    return fail(ErrorCode::kUnauthenticated, "behind the subprotocol's " + std::string(kBearerSubprotocol) +
                                                 " stands no base64url without padding; encode the token so");
  }
  return std::optional<std::string>();
}

}  // namespace sluice::server
