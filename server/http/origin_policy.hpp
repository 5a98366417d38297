// Who may talk to the server, decided from the Host and Origin headers. The Host check keeps a page that rebinds its name
// to this machine (DNS rebinding) from passing as the same origin; the Origin check keeps other sites' pages out of the
// WebSocket (CWE-1385) and of the inference API. Constant after construction; safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::server {

// "scheme://host" or "scheme://host:port", as browsers write an origin.
bool is_origin(std::string_view text);

class OriginPolicy {
 public:
  OriginPolicy(std::vector<std::string> allowed_origins, std::vector<std::string> allowed_hosts);

  // `host` is the Host header. Accepts localhost, IP addresses (a name cannot be rebound to those) and the listed names,
  // each with any port.
  bool host_allowed(std::string_view host) const;

  // `origin` is the Origin header, empty when there is none: then the client is no web page. The list is matched exactly;
  // the same origin is allowed, whatever its scheme, since a proxy may have taken TLS off.
  bool origin_allowed(std::string_view origin, std::string_view host) const;

  // Whether the origin is on the list, so that its pages may read HTTP answers (CORS).
  bool is_listed(std::string_view origin) const;

 private:
  std::vector<std::string> allowed_origins_;
  std::vector<std::string> allowed_hosts_;
};

}  // namespace sluice::server
