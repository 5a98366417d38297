// The address of a server as people type it, made into the URL of its stream. No state.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::client {

inline constexpr std::string_view kStreamPath = "/v1/stream";

// "ws://host:port" or "host:port", with or without a path -> "ws://host:port/v1/stream" (a path given is kept); "wss://" or
// "https://" -> "wss://host/v1/stream".
// kInvalidArgument for another scheme or no host.
Result<std::string> stream_url(std::string_view address);

// The server whose page that is: "http://host:8080/bundles/faces" -> "ws://host:8080".
std::string server_of(std::string_view http_address);

// Whether an http:// or https:// address leads to the host, the port and the scheme of `server`, typed as above.
bool same_server(std::string_view http_address, std::string_view server);

}  // namespace sluice::client
