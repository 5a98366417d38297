// One TCP connection, with TLS where the server has a certificate: HTTP requests in turn, until it closes or becomes a WebSocket. Includes Beast; only the few
// translation units that drive sockets include this.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "server/context.hpp"

namespace sluice::server {

// Serves `socket` until it ends. Runs on the I/O thread; nothing escapes, every failure ends the connection.
boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket, ConnectionSet::Slot slot,
                                              ServerContext& context);

}  // namespace sluice::server
