// A WebSocket that drives one pipeline::Session: reads messages into it, gives what it accepts to the dispatcher, writes
// what it says, closes when it asks. Includes Beast; only translation units that drive sockets include this.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>

#include "server/context.hpp"
#include "server/security/tls_stream.hpp"

namespace sluice::server {

struct WebSocketTerms {
  bool full = false;                      // upgrade and close with 1013
  std::optional<Error> refusal;           // upgrade, say this and close with 1008
  std::shared_ptr<TokenAccount> account;  // of the client's token; null where no token is needed
};

// Answers the upgrade `request` and serves until the connection ends. While it runs, `slot` drains the WebSocket.
boost::asio::awaitable<void> serve_websocket(PlainStream stream,
                                             boost::beast::http::request<boost::beast::http::string_body> request,
                                             ConnectionSet::Slot& slot, ServerContext& context, WebSocketTerms terms);
boost::asio::awaitable<void> serve_websocket(TlsStream stream,
                                             boost::beast::http::request<boost::beast::http::string_body> request,
                                             ConnectionSet::Slot& slot, ServerContext& context, WebSocketTerms terms);

}  // namespace sluice::server
