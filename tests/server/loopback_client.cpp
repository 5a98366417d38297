#include "tests/server/loopback_client.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <cctype>

#include "core/wire/codec.hpp"

namespace sluice::test {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using net::ip::tcp;

namespace {

tcp::endpoint loopback(std::uint16_t port) { return {net::ip::address_v4::loopback(), port}; }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

HttpAnswer http_request(std::uint16_t port, const std::string& method, const std::string& target, std::string body,
                        const Headers& headers) {
  net::io_context io;
  beast::tcp_stream stream(io);
  stream.expires_after(kPatience);
  HttpAnswer answer;
  http::request<http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.set(http::field::host, "127.0.0.1:" + std::to_string(port));
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = std::move(body);
  if (!request.body().empty()) request.prepare_payload();
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(std::uint64_t{256} << 20);
  parser.skip(method == "HEAD");
  stream.async_connect(loopback(port), [&](beast::error_code error) {
    if (error) return;
    http::async_write(stream, request, [&](beast::error_code, std::size_t) {});
    http::async_read(stream, buffer, parser, [&](beast::error_code read_error, std::size_t) {
      if (read_error) return;
      answer.status = parser.get().result_int();
      for (const auto& field : parser.get())
        answer.headers[lower(std::string(field.name_string()))] = std::string(field.value());
      answer.body = parser.get().body();
    });
  });
  io.run();
  return answer;
}

struct WebSocketClient::Impl {
  net::io_context io;
  websocket::stream<tcp::socket> socket{io};
  beast::flat_buffer buffer;
  std::string message;
  unsigned status = 0;
  std::uint16_t close_code = 0;

  // Runs one asynchronous operation to its end, or gives up.
  template <typename Start>
  bool run(Start start) {
    std::optional<beast::error_code> result;
    start([&result](beast::error_code error, auto&&...) { result = error; });
    io.restart();
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (!result && std::chrono::steady_clock::now() < limit) io.run_one_for(std::chrono::milliseconds(100));
    if (!result) {
      beast::error_code ignored;
      socket.next_layer().close(ignored);
      io.restart();
      io.run();  // the handler refers to `result`
      return false;
    }
    return !*result;
  }
};

WebSocketClient::WebSocketClient() : impl_(std::make_unique<Impl>()) {}
WebSocketClient::~WebSocketClient() { disconnect(); }

bool WebSocketClient::connect(std::uint16_t port, const Options& options) {
  auto& socket = impl_->socket;
  beast::error_code error;
  socket.next_layer().open(tcp::v4());
  if (options.receive_buffer_bytes > 0) {
    socket.next_layer().set_option(net::socket_base::receive_buffer_size(options.receive_buffer_bytes));
  }
  socket.next_layer().connect(loopback(port), error);
  if (error) return false;
  socket.next_layer().set_option(tcp::no_delay(true));
  socket.read_message_max(std::size_t{64} << 20);
  socket.auto_fragment(false);
  socket.set_option(websocket::stream_base::decorator([&options](websocket::request_type& request) {
    if (!options.subprotocol.empty()) request.set(http::field::sec_websocket_protocol, options.subprotocol);
    if (!options.origin.empty()) request.set(http::field::origin, options.origin);
  }));
  websocket::response_type response;
  const std::string host = options.host.empty() ? "127.0.0.1:" + std::to_string(port) : options.host;
  const bool upgraded = impl_->run([&](auto done) { socket.async_handshake(response, host, options.target, done); });
  impl_->status = response.result() == http::status::unknown ? 0 : response.result_int();
  return upgraded;
}

unsigned WebSocketClient::status() const { return impl_->status; }

void WebSocketClient::send(const wire::Message& message) {
  std::string bytes;
  wire::encode(message, bytes);
  send_bytes(bytes);
}

bool WebSocketClient::send_bytes(const std::string& bytes, bool binary) {
  impl_->socket.binary(binary);
  return impl_->run([&](auto done) { impl_->socket.async_write(net::buffer(bytes), done); });
}

std::optional<wire::Message> WebSocketClient::receive() {
  impl_->buffer.clear();
  const bool read = impl_->run([&](auto done) { impl_->socket.async_read(impl_->buffer, done); });
  if (!read) {
    impl_->close_code = impl_->socket.reason().code;
    return std::nullopt;
  }
  impl_->message = beast::buffers_to_string(impl_->buffer.data());
  auto decoded = wire::decode(as_bytes(impl_->message), {.max_message_bytes = std::size_t{64} << 20});
  if (!decoded) return std::nullopt;
  return std::move(*decoded);
}

std::uint16_t WebSocketClient::close_code() const { return impl_->close_code; }

void WebSocketClient::close() {
  impl_->run([&](auto done) { impl_->socket.async_close(websocket::close_code::normal, done); });
}

void WebSocketClient::disconnect() {
  beast::error_code ignored;
  impl_->socket.next_layer().close(ignored);
}

}  // namespace sluice::test
