// The token that a request brings: in `Authorization: Bearer TOKEN`, or, since pages cannot set headers of a WebSocket, in a
// subprotocol `sluice.bearer.` and the token in base64url that is offered beside the protocol's own. No state; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::server {

inline constexpr std::string_view kBearerSubprotocol = "sluice.bearer.";

// Both as the headers have them; the Authorization header counts where there are both. nullopt: none came. kUnauthenticated: what
// came cannot be read as a token.
Result<std::optional<std::string>> presented_token(std::string_view authorization, std::string_view subprotocols);

}  // namespace sluice::server
