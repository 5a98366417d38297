#include "tests/server/loopback_client.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cctype>
#include <type_traits>
#include <utility>
#include <variant>

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

namespace {

// One request on `stream`, to which open() has to be done first.
template <typename Stream>
struct Exchange {
  Stream stream;
  http::request<http::string_body> request;
  beast::flat_buffer buffer{};
  http::response_parser<http::string_body> parser{};
  HttpAnswer answer{};

  void start() {
    http::async_write(stream, request, [](beast::error_code, std::size_t) {});
    http::async_read(stream, buffer, parser, [this](beast::error_code error, std::size_t) {
      if (error) return;
      answer.status = parser.get().result_int();
      for (const auto& field : parser.get())
        answer.headers[lower(std::string(field.name_string()))] = std::string(field.value());
      answer.body = parser.get().body();
    });
  }
};

template <typename Stream>
HttpAnswer run(Exchange<Stream>& exchange, net::io_context& io, std::uint16_t port) {
  auto& socket = beast::get_lowest_layer(exchange.stream);
  socket.expires_after(kPatience);
  exchange.parser.body_limit(std::uint64_t{256} << 20);
  exchange.parser.skip(exchange.request.method() == http::verb::head);
  socket.async_connect(loopback(port), [&](beast::error_code error) {
    if (error) return;
    if constexpr (std::is_same_v<Stream, beast::tcp_stream>) {
      exchange.start();
    } else {
      exchange.stream.async_handshake(Stream::client, [&](beast::error_code refused) {
        if (!refused) exchange.start();
      });
    }
  });
  io.run();
  return std::move(exchange.answer);
}

http::request<http::string_body> make_request(std::uint16_t port, const std::string& method, const std::string& target,
                                              std::string body, const Headers& headers) {
  http::request<http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.set(http::field::host, "127.0.0.1:" + std::to_string(port));
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = std::move(body);
  if (!request.body().empty()) request.prepare_payload();
  return request;
}

}  // namespace

HttpAnswer http_request(std::uint16_t port, const std::string& method, const std::string& target, std::string body,
                        const Headers& headers) {
  net::io_context io;
  Exchange<beast::tcp_stream> exchange{beast::tcp_stream(io),
                                       make_request(port, method, target, std::move(body), headers)};
  return run(exchange, io, port);
}

HttpAnswer https_request(std::uint16_t port, const std::string& method, const std::string& target, std::string body,
                         const Headers& headers) {
  net::io_context io;
  net::ssl::context tls(net::ssl::context::tls_client);
  Exchange<beast::ssl_stream<beast::tcp_stream>> exchange{beast::ssl_stream<beast::tcp_stream>(io, tls),
                                                          make_request(port, method, target, std::move(body), headers)};
  return run(exchange, io, port);
}

struct WebSocketClient::Impl {
  using Plain = websocket::stream<tcp::socket>;
  using Secure = websocket::stream<beast::ssl_stream<tcp::socket>>;

  net::io_context io;
  net::ssl::context tls{net::ssl::context::tls_client};
  std::variant<Plain, Secure> socket{Plain(io)};
  beast::flat_buffer buffer;
  std::string message;
  std::string subprotocol;
  unsigned status = 0;
  std::uint16_t close_code = 0;

  template <typename Use>
  decltype(auto) with(Use use) {
    return std::visit(use, socket);
  }
  tcp::socket& lowest() {
    return with([](auto& one) -> tcp::socket& { return beast::get_lowest_layer(one); });
  }

  // Runs one asynchronous operation to its end, or gives up.
  template <typename Start>
  bool run(Start start) {
    std::optional<beast::error_code> result;
    with([&](auto& one) { start(one, [&result](beast::error_code error, auto&&...) { result = error; }); });
    io.restart();
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (!result && std::chrono::steady_clock::now() < limit) io.run_one_for(std::chrono::milliseconds(100));
    if (!result) {
      beast::error_code ignored;
      lowest().close(ignored);
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
  if (options.tls) impl_->socket.emplace<Impl::Secure>(impl_->io, impl_->tls);
  auto& socket = impl_->lowest();
  beast::error_code error;
  socket.open(tcp::v4());
  if (options.receive_buffer_bytes > 0) {
    socket.set_option(net::socket_base::receive_buffer_size(options.receive_buffer_bytes));
  }
  socket.connect(loopback(port), error);
  if (error) return false;
  socket.set_option(tcp::no_delay(true));
  const bool secured = !options.tls || impl_->run([](auto& one, auto done) {
    if constexpr (std::is_same_v<decltype(one), Impl::Secure&>) {
      one.next_layer().async_handshake(net::ssl::stream_base::client, done);
    } else {
      done(beast::error_code());
    }
  });
  if (!secured) return false;
  impl_->with([&](auto& one) {
    one.read_message_max(std::size_t{64} << 20);
    one.auto_fragment(false);
    one.set_option(websocket::stream_base::decorator([&options](websocket::request_type& request) {
      if (!options.subprotocol.empty()) request.set(http::field::sec_websocket_protocol, options.subprotocol);
      if (!options.origin.empty()) request.set(http::field::origin, options.origin);
      if (!options.authorization.empty()) request.set(http::field::authorization, options.authorization);
    }));
  });
  websocket::response_type response;
  const std::string host = options.host.empty() ? "127.0.0.1:" + std::to_string(port) : options.host;
  const bool upgraded =
      impl_->run([&](auto& one, auto done) { one.async_handshake(response, host, options.target, done); });
  impl_->status = response.result() == http::status::unknown ? 0 : response.result_int();
  impl_->subprotocol = std::string(response[http::field::sec_websocket_protocol]);
  return upgraded;
}

unsigned WebSocketClient::status() const { return impl_->status; }
const std::string& WebSocketClient::subprotocol() const { return impl_->subprotocol; }

void WebSocketClient::send(const wire::Message& message) {
  std::string bytes;
  wire::encode(message, bytes);
  send_bytes(bytes);
}

bool WebSocketClient::send_bytes(const std::string& bytes, bool binary) {
  return impl_->run([&](auto& one, auto done) {
    one.binary(binary);
    one.async_write(net::buffer(bytes), done);
  });
}

std::optional<wire::Message> WebSocketClient::receive() {
  impl_->buffer.clear();
  const bool read = impl_->run([&](auto& one, auto done) { one.async_read(impl_->buffer, done); });
  if (!read) {
    impl_->close_code = impl_->with([](auto& one) { return one.reason().code; });
    return std::nullopt;
  }
  impl_->message = beast::buffers_to_string(impl_->buffer.data());
  auto decoded = wire::decode(as_bytes(impl_->message), {.max_message_bytes = std::size_t{64} << 20});
  if (!decoded) return std::nullopt;
  return std::move(*decoded);
}

std::uint16_t WebSocketClient::close_code() const { return impl_->close_code; }

void WebSocketClient::close() {
  impl_->run([](auto& one, auto done) { one.async_close(websocket::close_code::normal, done); });
}

void WebSocketClient::disconnect() {
  beast::error_code ignored;
  impl_->lowest().close(ignored);
}

}  // namespace sluice::test
