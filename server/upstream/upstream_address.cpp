#include "server/upstream/upstream_address.hpp"

#include <algorithm>
#include <charconv>

namespace sluice::server {

std::string UpstreamAddress::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + port;
}

std::string UpstreamAddress::text() const { return (tls ? "wss://" : "ws://") + authority(); }

Result<UpstreamAddress> parse_upstream(std::string_view text) {
  const auto refuse = [&](const char* why) {
    return fail(ErrorCode::kInvalidArgument,
                {"--upstream '", text.substr(0, 200), "' ", why, "; an example: ws://127.0.0.1:8080"});
  };
  UpstreamAddress address;
  std::string_view rest = text;
  if (rest.starts_with("wss://")) {
    address.tls = true;
    rest.remove_prefix(6);
  } else if (rest.starts_with("ws://")) {
    rest.remove_prefix(5);
  } else {
    return refuse("begins neither with ws:// nor with wss://");
  }
  const auto printable = [](char c) { return c > ' ' && c < 0x7f; };
  if (!std::ranges::all_of(rest, printable)) return refuse("holds a character that no address has");
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    if (rest.size() > slash + 1) address.path = rest.substr(slash);
    rest = rest.substr(0, slash);
  }
  std::string_view port = address.tls ? "443" : "80";
  const auto bracket = rest.find(']');
  if (rest.starts_with('[') && bracket != std::string_view::npos) {
    address.host = rest.substr(1, bracket - 1);
    rest.remove_prefix(bracket + 1);
    if (rest.starts_with(':')) port = rest.substr(1);
    else if (!rest.empty()) return refuse("has something behind its host that is no port");
  } else {
    const auto colon = rest.find(':');
    address.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) port = rest.substr(colon + 1);
  }
  if (address.host.empty()) return refuse("names no host");
  unsigned number = 0;
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (problem != std::errc() || end != port.data() + port.size() || number == 0 || number > 65535) {
    return refuse("has a port that is none from 1 to 65535");
  }
  address.port = port;
  return address;
}

}  // namespace sluice::server
