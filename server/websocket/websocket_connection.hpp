// A WebSocket that drives one pipeline::Session: reads messages into it, gives what it accepts to the dispatcher, writes
// what it says, closes when it asks. Includes Beast; only translation units that drive sockets include this.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "server/context.hpp"

namespace sluice::server {

enum class WebSocketWelcome : std::uint8_t {
  kServe,
  kTryLater,  // upgrade and close with 1013
};

// Answers the upgrade `request` and serves until the connection ends. While it runs, `slot` drains the WebSocket.
boost::asio::awaitable<void> serve_websocket(boost::beast::tcp_stream stream,
                                             boost::beast::http::request<boost::beast::http::string_body> request,
                                             ConnectionSet::Slot& slot, ServerContext& context,
                                             WebSocketWelcome welcome);

}  // namespace sluice::server
