// Writes a reply to a connection's stream, a file in pieces, within write_timeout_ms for each write. Includes Beast. The coroutine
// borrows all that it is given; what goes wrong is the connection's end and nothing else.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <fstream>
#include <string>

#include "server/await.hpp"
#include "server/context.hpp"
#include "server/http/exchange.hpp"

namespace sluice::server {

// Counts a reply's own bytes among those that wait to be written, while it lives.
class UnsentReply {
 public:
  UnsentReply(ServerContext& context, const HttpReply& reply) : context_(context), bytes_(reply.body.size()) {
    add(context_.unsent_http_bytes + bytes_);
  }
  ~UnsentReply() { add(context_.unsent_http_bytes - bytes_); }
  UnsentReply(const UnsentReply&) = delete;
  UnsentReply& operator=(const UnsentReply&) = delete;

 private:
  void add(std::uint64_t sum) {
    context_.unsent_http_bytes = sum;
    context_.metrics.set_unsent_http(sum);
  }

  ServerContext& context_;
  std::uint64_t bytes_;
};

template <typename Stream>
class ReplyWriter {
 public:
  ReplyWriter(Stream& stream, ServerContext& context) : stream_(stream), context_(context) {}

  // Whether the connection can take another request. `head_only`: the request was a HEAD.
  boost::asio::awaitable<bool> send(const HttpReply& reply, bool head_only, bool keep_alive) {
    keep_alive = keep_alive && !context_.draining;
    const UnsentReply unsent(context_, reply);
    boost::beast::http::response<boost::beast::http::buffer_body> response{
        static_cast<boost::beast::http::status>(reply.status), 11};
    for (const auto& [name, value] : reply.headers) response.set(name, value);
    response.set(boost::beast::http::field::server, "sluice-server");
    response.keep_alive(keep_alive);
    if (reply.status != 304 && reply.status != 204) response.content_length(reply.length());
    Serializer serializer(response);
    context_.metrics.http_answered(reply.status);
    expires_in_write_timeout();

    auto& body = response.body();
    if (head_only || reply.length() == 0) {
      body.more = false;
      auto [error, size] = co_await boost::beast::http::async_write_header(stream_, serializer, kAwait);
      co_return !error && keep_alive;
    }
    if (reply.file.path.empty()) {
      const auto bytes = reply.bytes();
      body.data = const_cast<char*>(bytes.data());  // only read
      body.size = bytes.size();
      body.more = false;
      auto [error, size] = co_await boost::beast::http::async_write(stream_, serializer, kAwait);
      context_.metrics.sent(bytes.size());
      co_return !error && keep_alive;
    }
    const bool whole = co_await send_file(reply.file, serializer, body);
    co_return whole&& keep_alive;
  }

 private:
  using Serializer = boost::beast::http::response_serializer<boost::beast::http::buffer_body>;
  static constexpr std::size_t kFileChunkBytes = 256 << 10;

  void expires_in_write_timeout() {
    boost::beast::get_lowest_layer(stream_).expires_after(std::chrono::milliseconds(context_.options.write_timeout_ms));
  }

  boost::asio::awaitable<bool> send_file(const FileSlice& slice, Serializer& serializer,
                                         boost::beast::http::buffer_body::value_type& body) {
    std::ifstream file(slice.path, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(slice.offset));
    std::string chunk(static_cast<std::size_t>(std::min<std::uint64_t>(slice.length, kFileChunkBytes)), '\0');
    for (std::uint64_t left = slice.length; left > 0;) {
      const auto want = std::min<std::uint64_t>(left, chunk.size());
      file.read(chunk.data(), static_cast<std::streamsize>(want));
      if (static_cast<std::uint64_t>(file.gcount()) != want) co_return false;  // it shrank; the length was promised
      left -= want;
      body.data = chunk.data();
      body.size = static_cast<std::size_t>(want);
      body.more = left > 0;
      expires_in_write_timeout();
      auto [error, size] = co_await boost::beast::http::async_write(stream_, serializer, kAwait);
      if (error && error != boost::beast::http::error::need_buffer) co_return false;
      context_.metrics.sent(static_cast<std::size_t>(want));
    }
    co_return true;
  }

  Stream& stream_;
  ServerContext& context_;
};

}  // namespace sluice::server
