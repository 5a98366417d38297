// The address of an upstream server as an operator types it. Plain data.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::server {

struct UpstreamAddress {
  bool tls = false;
  std::string host;  // a name or an address, IPv6 without brackets
  std::string port;
  std::string path = "/v1/stream";

  std::string authority() const;  // "host:port", as the header Host has it
  std::string text() const;       // "ws://host:port", for people
};

// "ws://HOST:PORT" or "wss://HOST[:PORT]", with a path where a proxy in front wants one. kInvalidArgument says what is wrong with it.
Result<UpstreamAddress> parse_upstream(std::string_view text);

}  // namespace sluice::server
