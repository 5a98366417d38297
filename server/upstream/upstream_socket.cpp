#include "server/upstream/upstream_socket.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <filesystem>
#include <utility>

#include "core/wire/messages.hpp"
#include "server/await.hpp"
#include "server/security/tls_stream.hpp"

namespace sluice::server {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using net::ip::tcp;

constexpr auto kCloseTimeout = std::chrono::seconds(1);

std::string said(const beast::error_code& error) { return error.message(); }

}  // namespace

Result<std::shared_ptr<net::ssl::context>> make_upstream_tls(const std::string& ca_file) {
  auto context = std::make_shared<net::ssl::context>(net::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  beast::error_code error;
  context->set_default_verify_paths(error);
  context->set_verify_mode(net::ssl::verify_peer, error);
  if (ca_file.empty()) return context;
  if (!std::filesystem::is_regular_file(ca_file, error)) {
    return fail(ErrorCode::kIoError, {"--upstream-ca ", ca_file, ": there is no such file"});
  }
  context->load_verify_file(ca_file, error);
  if (error) {
    return fail(ErrorCode::kInvalidCertificate, {"--upstream-ca ", ca_file,
                                                 " holds no PEM certificate; name a file that begins -----BEGIN "
                                                 "CERTIFICATE-----"});
  }
  return context;
}

// One connection from its first step to its end; it lives as long as anything of it is under way, and tells its owner as long as it has
// one.
class UpstreamSocket::Dial {
 public:
  virtual ~Dial() = default;
  virtual void start() = 0;
  virtual void send(std::string message) = 0;
  virtual void close(std::uint16_t code) = 0;
  virtual void drop() = 0;
  void disown() { owner_ = nullptr; }

 protected:
  explicit Dial(const UpstreamSocket& owner) : owner_(&owner) {}
  const SocketEvents* events() const { return owner_ == nullptr ? nullptr : &owner_->events_; }
  const UpstreamSocket* owner_;
};

template <typename Stream>
class UpstreamSocket::DialOn final : public Dial, public std::enable_shared_from_this<DialOn<Stream>> {
 public:
  DialOn(const UpstreamSocket& owner, net::io_context& io, websocket::stream<Stream> socket)
      : Dial(owner), terms_(owner.terms_), resolver_(io), timer_(io), socket_(std::move(socket)) {}

  void start() override {
    net::co_spawn(socket_.get_executor(), [self = this->shared_from_this()] { return self->live(); }, net::detached);
  }

  void send(std::string message) override {
    if (!open_) return;
    outgoing_.push_back(std::move(message));
    if (outgoing_.size() == 1) write();
  }

  void close(std::uint16_t code) override {
    if (!open_) return drop();
    close_code_ = code;
    if (outgoing_.empty()) start_close();
  }

  void drop() override {
    open_ = false;
    resolver_.cancel();
    beast::get_lowest_layer(socket_).close();
  }

 private:
  void lost(ErrorCode code, const std::string& why) {
    open_ = false;
    beast::get_lowest_layer(socket_).close();
    const SocketEvents* events = this->events();
    this->disown();
    if (events != nullptr) events->closed({code, join_text({terms_.address.text(), ": ", why})});
  }

  net::awaitable<void> live() {
    const auto self = this->shared_from_this();
    auto& lowest = beast::get_lowest_layer(socket_);
    lowest.expires_after(std::chrono::milliseconds(terms_.connect_timeout_ms));
    auto [unresolved, found] = co_await resolver_.async_resolve(terms_.address.host, terms_.address.port, kAwait);
    if (unresolved) co_return lost(ErrorCode::kNotConnected, "its name leads nowhere: " + said(unresolved));
    auto [unreachable, endpoint] = co_await lowest.async_connect(found, kAwait);
    if (unreachable) co_return lost(ErrorCode::kNotConnected, "cannot connect: " + said(unreachable));
    beast::error_code ignored;
    lowest.socket().set_option(tcp::no_delay(true), ignored);
    if constexpr (kIsTls<Stream>) {
      if (!co_await shake_hands()) co_return;
    }
    if (!co_await upgrade()) co_return;
    open_ = true;
    if (const SocketEvents* events = this->events()) events->opened();
    beast::flat_buffer buffer;
    for (;;) {
      auto [error, size] = co_await socket_.async_read(buffer, kAwait);
      if (error) {
        timer_.cancel();
        co_return lost(code_of(error), why_closed(error));
      }
      std::string message(static_cast<const char*>(buffer.data().data()), size);
      buffer.consume(size);
      const SocketEvents* events = this->events();
      if (events == nullptr) continue;  // what comes before the close is answered
      if (!socket_.got_binary()) co_return lost(ErrorCode::kMalformedMessage, "it sent a text message");
      events->received(std::move(message));
    }
  }

  net::awaitable<bool> shake_hands() {
    auto& tls = socket_.next_layer();
    SSL_set_tlsext_host_name(tls.native_handle(), terms_.address.host.c_str());
    tls.set_verify_callback([this, check = net::ssl::host_name_verification(terms_.address.host)](
                                bool trusted, net::ssl::verify_context& certificate) {
      if (check(trusted, certificate)) return true;
      const int code = X509_STORE_CTX_get_error(certificate.native_handle());
      refused_ = trusted ? "it is not for '" + terms_.address.host + "'" : X509_verify_cert_error_string(code);
      return false;
    });
    auto [error] = co_await tls.async_handshake(net::ssl::stream_base::client, kAwait);
    if (!error) co_return true;
    lost(ErrorCode::kNotConnected,
         refused_.empty() ? "no TLS: " + said(error)
                          : "its certificate was refused, " + refused_ + " (--upstream-ca names others to trust)");
    co_return false;
  }

  net::awaitable<bool> upgrade() {
    beast::get_lowest_layer(socket_).expires_never();
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = std::chrono::milliseconds(terms_.connect_timeout_ms);
    timeout.idle_timeout = websocket::stream_base::none();  // the link pings
    timeout.keep_alive_pings = false;
    socket_.set_option(timeout);
    socket_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
      request.set(beast::http::field::user_agent, "sluice-server/" SLUICE_VERSION);
      request.set(beast::http::field::sec_websocket_protocol, std::string(wire::kSubprotocol));
      if (!terms_.token.empty()) request.set(beast::http::field::authorization, "Bearer " + terms_.token);
    }));
    socket_.read_message_max(terms_.max_message_bytes);
    socket_.auto_fragment(false);
    socket_.binary(true);
    websocket::response_type response;
    auto [error] = co_await socket_.async_handshake(response, terms_.address.authority(), terms_.address.path, kAwait);
    if (error == websocket::error::upgrade_declined) {
      lost(ErrorCode::kHandshakeRefused,
           "it did not upgrade the connection: HTTP status " + std::to_string(response.result_int()));
    } else if (error) {
      lost(ErrorCode::kNotConnected, "the upgrade failed: " + said(error));
    } else if (response[beast::http::field::sec_websocket_protocol] != wire::kSubprotocol) {
      lost(ErrorCode::kHandshakeRefused, "it does not speak " + std::string(wire::kSubprotocol));
    } else {
      co_return true;
    }
    co_return false;
  }

  static ErrorCode code_of(const beast::error_code& error) {
    if (error == websocket::error::message_too_big) return ErrorCode::kMessageTooLarge;
    const auto& of_websocket = websocket::make_error_code(websocket::error::closed).category();
    const bool nonsense = error != websocket::error::closed && error.category() == of_websocket;
    return nonsense ? ErrorCode::kMalformedMessage : ErrorCode::kConnectionLost;
  }

  std::string why_closed(const beast::error_code& error) {
    if (error != websocket::error::closed) return "the connection broke: " + said(error);
    const auto& reason = socket_.reason();
    return "it closed the connection with code " + std::to_string(reason.code) +
           (reason.reason.empty() ? "" : ": " + std::string(reason.reason.c_str()));
  }

  void write() {
    end_after(std::chrono::milliseconds(terms_.write_timeout_ms));
    socket_.async_write(net::buffer(outgoing_.front()),
                        [self = this->shared_from_this()](beast::error_code error, std::size_t) {
                          if (error) return beast::get_lowest_layer(self->socket_).close();  // the reader hears of it
                          self->outgoing_.pop_front();
                          if (!self->outgoing_.empty()) return self->write();
                          self->timer_.cancel();
                          if (self->close_code_ != 0) self->start_close();
                        });
  }

  // A timer of its own: the stream's would also end a read that began meanwhile.
  void end_after(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([self = this->shared_from_this()](beast::error_code cancelled) {
      if (!cancelled) beast::get_lowest_layer(self->socket_).close();
    });
  }

  void start_close() {
    open_ = false;
    end_after(kCloseTimeout);
    socket_.async_close(static_cast<websocket::close_code>(close_code_),
                        [self = this->shared_from_this()](beast::error_code) {
                          self->timer_.cancel();
                          beast::get_lowest_layer(self->socket_).close();
                        });
  }

  const SocketTerms terms_;  // of when it was dialed; it keeps the TLS context
  tcp::resolver resolver_;
  net::steady_timer timer_;
  websocket::stream<Stream> socket_;
  std::deque<std::string> outgoing_;  // the first one is being written
  std::string refused_;               // why the certificate was
  std::uint16_t close_code_ = 0;
  bool open_ = false;
};

UpstreamSocket::UpstreamSocket(net::io_context& io, SocketTerms terms, SocketEvents events)
    : io_(io), terms_(std::move(terms)), events_(std::move(events)) {}

UpstreamSocket::~UpstreamSocket() { forget(); }

void UpstreamSocket::connect() {
  forget();
  if (terms_.tls != nullptr) {
    dial_ = std::make_shared<DialOn<TlsStream>>(*this, io_, websocket::stream<TlsStream>(io_, *terms_.tls));
  } else {
    dial_ = std::make_shared<DialOn<PlainStream>>(*this, io_, websocket::stream<PlainStream>(io_));
  }
  dial_->start();
}

void UpstreamSocket::send(std::string message) {
  if (dial_ != nullptr) dial_->send(std::move(message));
}

void UpstreamSocket::close(std::uint16_t code) {
  if (dial_ == nullptr) return;
  dial_->disown();
  dial_->close(code);
  dial_.reset();
}

void UpstreamSocket::forget() {
  if (dial_ == nullptr) return;
  dial_->disown();
  dial_->drop();
  dial_.reset();
}

}  // namespace sluice::server
