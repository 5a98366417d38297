#include "native/client/server_address.hpp"

namespace sluice::client {

Result<std::string> stream_url(std::string_view address) {
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kInvalidArgument,
                "'" + std::string(address) + "' " + why + "; an example: ws://127.0.0.1:8080");
  };
  std::string_view rest = address;
  std::string scheme = "ws://";
  if (const std::size_t colon = rest.find("://"); colon != std::string_view::npos) {
    const std::string_view given = rest.substr(0, colon);
    if (given == "wss" || given == "https") scheme = "wss://";
    else if (given != "ws" && given != "http") return refuse("is not a WebSocket address");
    rest.remove_prefix(colon + 3);
  }
  for (const char c : rest) {
    if (c <= ' ' || c == 0x7f || c == '"' || c == '\\' || c == '#')
      return refuse("holds a character that no address has");
  }
  const std::size_t slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  const std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  if (host.empty() || host.front() == ':') return refuse("names no host");
  return scheme + std::string(host) + std::string(path.empty() || path == "/" ? kStreamPath : path);
}

std::string server_of(std::string_view http_address) {
  const std::size_t host = http_address.find("://") + 3;
  const std::string_view scheme = http_address.starts_with("https:") ? "wss://" : "ws://";
  return std::string(scheme) + std::string(http_address.substr(host, http_address.find('/', host) - host));
}

bool same_server(std::string_view http_address, std::string_view server) {
  const auto mine = stream_url(server);
  const auto other = stream_url(http_address);
  if (!mine || !other) return false;
  const auto up_to_path = [](const std::string& url) { return url.substr(0, url.find('/', url.find("://") + 3)); };
  return up_to_path(*mine) == up_to_path(*other);
}

}  // namespace sluice::client
