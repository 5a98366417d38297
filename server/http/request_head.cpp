#include "server/http/request_head.hpp"

#include <boost/beast/core/string.hpp>
#include <string_view>

namespace sluice::server {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;

std::string_view view(boost::string_view text) { return {text.data(), text.size()}; }

// A request for "http://host/path", as for a proxy, is one for /path of that host, whatever its Host field says (RFC 9112, 3.2.2).
void take_authority(HttpHead& head) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!beast::iequals(head.target.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = head.target.substr(scheme.size());
    head.host = rest.substr(0, rest.find_first_of("/?"));
    head.target = rest.substr(head.host.size());
    if (!head.target.starts_with('/')) head.target = "/";
    return;
  }
}

}  // namespace

HttpHead head_of(const http::request<http::string_body>& request) {
  HttpHead head;
  head.method = view(request.method_string());
  head.target = view(request.target());
  head.host = view(request[http::field::host]);
  take_authority(head);
  head.origin = view(request[http::field::origin]);
  head.authorization = view(request[http::field::authorization]);
  head.subprotocols = view(request[http::field::sec_websocket_protocol]);
  head.if_none_match = view(request[http::field::if_none_match]);
  head.range = view(request[http::field::range]);
  head.inference_header_length = view(request["Inference-Header-Content-Length"]);
  head.traceparent = view(request["traceparent"]);
  return head;
}

}  // namespace sluice::server
