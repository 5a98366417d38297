#include "server/http/request_policy.hpp"

#include <string>
#include <utility>

#include "server/clock.hpp"

namespace sluice::server {

namespace {

constexpr std::size_t kQuotedBytes = 128;  // of what a client sent

std::string quoted(std::string_view text) { return std::string(text.substr(0, kQuotedBytes)); }

}  // namespace

std::optional<HttpReply> RequestPolicy::refuse(const HttpHead& head) const {
  if (!context_.origins.host_allowed(head.host)) {
    context_.metrics.refused(Refusal::kHost);
    context_.refusals.line("refused", "Refused a request for another host", {{"host", quoted(head.host)}}, now());
    return error_reply(
        421, Error{ErrorCode::kHandshakeRefused,
                   "this server does not answer for host '" + quoted(head.host) + "'; add --allow-host if it should"});
  }
  const bool reads = head.method == "GET" || head.method == "HEAD";
  const bool upgrades = head.path() == kStreamPath;
  if ((!reads || upgrades) && !context_.origins.origin_allowed(head.origin, head.host)) {
    context_.metrics.refused(Refusal::kOrigin);
    context_.refusals.line("refused", "Refused a page of another origin", {{"origin", quoted(head.origin)}}, now());
    return error_reply(Error{
        ErrorCode::kHandshakeRefused,
        "pages of origin '" + quoted(head.origin) + "' may not use this server; add --allow-origin if they should"});
  }
  return std::nullopt;
}

Result<std::shared_ptr<TokenAccount>> RequestPolicy::account_of(const HttpHead& head) const {
  const TokenTable* const tokens = context_.credentials.tokens();
  if (tokens == nullptr) return std::shared_ptr<TokenAccount>();
  auto account = tokens->authenticate(head.authorization, head.subprotocols);
  if (account) return account;
  context_.metrics.refused(Refusal::kToken);
  context_.refusals.line("token_refused", "Refused a request for its token", {{"reason", account.error().message}},
                         now());
  return account;
}

HttpReply RequestPolicy::unauthenticated(const Error& why, const HttpHead& head) const {
  auto reply = error_reply(why);
  const bool none_came = head.authorization.empty();
  reply.set("WWW-Authenticate",
            none_came ? R"(Bearer realm="sluice")" : R"(Bearer realm="sluice", error="invalid_token")");
  return readable(std::move(reply), head);
}

HttpReply RequestPolicy::preflight(const HttpHead& head) const {
  auto reply = text_reply(204, {});
  if (context_.origins.is_listed(head.origin)) {
    reply.set("Access-Control-Allow-Origin", std::string(head.origin));
    reply.set("Access-Control-Allow-Methods", "GET, HEAD, POST");
    reply.set("Access-Control-Allow-Headers", "Authorization, Content-Type, Inference-Header-Content-Length");
    reply.set("Vary", "Origin");
  }
  return reply;
}

HttpReply RequestPolicy::readable(HttpReply reply, const HttpHead& head) const {
  if (context_.origins.is_listed(head.origin)) {
    reply.set("Access-Control-Allow-Origin", std::string(head.origin));
    reply.set("Access-Control-Expose-Headers", "Inference-Header-Content-Length, Retry-After");
  }
  return reply;
}

}  // namespace sluice::server
