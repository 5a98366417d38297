// The two kinds of streams that connections are served on, one of which a server has: TCP as it is, or TLS over it. What drives a
// connection is a template on the kind, so that neither costs the other anything. Includes Beast.
#pragma once

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <type_traits>

namespace sluice::server {

using PlainStream = boost::beast::tcp_stream;
using TlsStream = boost::beast::ssl_stream<boost::beast::tcp_stream>;

template <typename Stream>
inline constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

}  // namespace sluice::server
