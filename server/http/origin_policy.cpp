#include "server/http/origin_policy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace sluice::server {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// "example.org" of "example.org:8080", "::1" of "[::1]:8080".
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return end == std::string_view::npos ? std::string_view{} : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

bool is_ip_address(const std::string& host) {
  in6_addr any{};
  return inet_pton(AF_INET, host.c_str(), &any) == 1 || inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace

bool is_origin(std::string_view text) {
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) return false;
  const auto host = text.substr(scheme_end + 3);
  return !host.empty() && host.find_first_of("/?#@ ") == std::string_view::npos;
}

OriginPolicy::OriginPolicy(std::vector<std::string> allowed_origins, std::vector<std::string> allowed_hosts)
    : allowed_origins_(std::move(allowed_origins)), allowed_hosts_(std::move(allowed_hosts)) {
  for (auto& host : allowed_hosts_) host = lower(host);
}

bool OriginPolicy::host_allowed(std::string_view host) const {
  const auto name = lower(without_port(host));
  if (name.empty()) return false;
  return name == "localhost" || is_ip_address(name) ||
         std::find(allowed_hosts_.begin(), allowed_hosts_.end(), name) != allowed_hosts_.end();
}

bool OriginPolicy::origin_allowed(std::string_view origin, std::string_view host) const {
  if (origin.empty() || is_listed(origin)) return true;
  const auto scheme_end = origin.find("://");
  return scheme_end != std::string_view::npos && lower(origin.substr(scheme_end + 3)) == lower(host);
}

bool OriginPolicy::is_listed(std::string_view origin) const {
  return std::find(allowed_origins_.begin(), allowed_origins_.end(), origin) != allowed_origins_.end();
}

}  // namespace sluice::server
