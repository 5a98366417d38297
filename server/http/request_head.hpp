// Beast's request as the plain data that routing works on. Includes Beast; the result borrows from the request.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "server/http/exchange.hpp"

namespace sluice::server {

HttpHead head_of(const boost::beast::http::request<boost::beast::http::string_body>& request);

}  // namespace sluice::server
