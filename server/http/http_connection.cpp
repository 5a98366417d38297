#include "server/http/http_connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <charconv>
#include <optional>
#include <utility>
#include <variant>

#include "server/await.hpp"
#include "server/clock.hpp"
#include "server/http/infer_exchange.hpp"
#include "server/http/reply_writer.hpp"
#include "server/http/request_head.hpp"
#include "server/http/request_policy.hpp"
#include "server/security/tls_stream.hpp"
#include "server/websocket/websocket_connection.hpp"

namespace sluice::server {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Parser = http::request_parser<http::string_body>;

constexpr std::size_t kMaxParameterBytes = 64 << 10;
constexpr std::size_t kLingerBytes = 64 << 10;
constexpr auto kLinger = std::chrono::seconds(1);

std::chrono::milliseconds ms(std::uint32_t count) { return std::chrono::milliseconds(count); }

std::optional<std::size_t> parse_size(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename Stream>
class HttpConnection final : public Drainable {
 public:
  HttpConnection(Stream stream, ServerContext& context)
      : stream_(std::move(stream)),
        context_(context),
        options_(context.options),
        policy_(context),
        writer_(stream_, context),
        buffer_(kBufferBytes) {}

  net::awaitable<void> serve(ConnectionSet::Slot& slot) {
    bool again = true;
    if constexpr (kIsTls<Stream>) {
      const bool secured = co_await shake_hands();
      secured_ = secured;
      again = secured;
    }
    // GCC 12 miscompiles co_await in a loop's condition; hence the named result, here and below.
    while (again) {
      const bool result = co_await serve_one(slot);
      again = result;
    }
    if (!gave_way_) co_await linger();
    close();
  }

  // An idle connection is closed, a busy one after its answer.
  void drain() override {
    if (busy_ || handed_over_) return;
    gave_way_ = true;
    lowest().cancel();
  }
  // A request says each time whose it is, so a revoked token needs no more than that the next one is refused.
  void abort() override { close(); }
  bool idle() const override { return !busy_ && !handed_over_; }

 private:
  static constexpr std::size_t kBufferBytes = 256 << 10;  // header, and staging of bodies

  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  void close() {
    if (handed_over_) return;
    beast::error_code ignored;
    lowest().socket().shutdown(net::ip::tcp::socket::shutdown_both, ignored);
    lowest().close();
  }

  // A socket that is closed with unread bytes resets the connection, and the client might lose its answer: what still comes
  // is read and dropped, for a moment.
  net::awaitable<void> linger() {
    if (handed_over_) co_return;
    lowest().expires_after(kLinger);
    if constexpr (kIsTls<Stream>) {
      // Says that nothing was cut off. What the client answers does not matter.
      if (secured_) co_await stream_.async_shutdown(kAwait);
    }
    beast::error_code failed;
    lowest().socket().shutdown(net::ip::tcp::socket::shutdown_send, failed);
    if (failed) co_return;
    std::string dropped(kLingerBytes, '\0');
    for (;;) {
      auto [error, size] = co_await lowest().async_read_some(net::buffer(dropped), kAwait);
      if (error) co_return;
    }
  }

  // The TLS handshake, which has to be over with the first header in handshake_timeout_ms.
  net::awaitable<bool> shake_hands() {
    lowest().expires_at(to_steady(first_deadline_));
    auto [unreadable, speaks_tls] = co_await beast::async_detect_ssl(lowest(), buffer_, kAwait);
    if (unreadable) {
      if (unreadable == beast::error::timeout) context_.metrics.refused(Refusal::kTimeout);
      co_return false;
    }
    if (!speaks_tls) {
      context_.metrics.refused(Refusal::kTls);
      context_.refusals.line("tls_refused", "Refused a connection without TLS", {}, now());
      co_await answer_without_tls();
      co_return false;
    }
    auto [failed, used] = co_await stream_.async_handshake(Stream::server, buffer_.data(), kAwait);
    buffer_.consume(used);
    if (failed) tls_failed(failed);
    co_return !failed;
  }

  // A browser that was given http:// in place of https:// shows it.
  net::awaitable<void> answer_without_tls() {
    const auto reply =
        error_reply(400, Error{ErrorCode::kHandshakeRefused,
                               "this port speaks TLS; ask https:// or wss:// in place of http:// or ws://"});
    http::response<http::string_body> response{http::status::bad_request, 11};
    for (const auto& [name, value] : reply.headers) response.set(name, value);
    response.body() = reply.body;
    response.keep_alive(false);
    response.prepare_payload();
    context_.metrics.http_answered(reply.status);
    co_await http::async_write(lowest(), response, kAwait);
  }

  void tls_failed(beast::error_code error) {
    if (error == net::error::operation_aborted) return;  // a drain
    if (error == beast::error::timeout) return context_.metrics.refused(Refusal::kTimeout);
    context_.metrics.refused(Refusal::kTls);
    context_.refusals.line("tls_failed", "A TLS handshake failed", {{"reason", error.message()}}, now());
  }

  // Waits for one request and answers it; false when the connection ends.
  net::awaitable<bool> serve_one(ConnectionSet::Slot& slot) {
    Parser parser;
    parser.header_limit(options_.max_http_header_bytes);
    parser.body_limit(options_.max_http_body_bytes);
    busy_ = false;
    if (context_.draining) co_return false;
    account_ = nullptr;
    lowest().expires_at(to_steady(first_ ? first_deadline_ : now() + ms(options_.idle_timeout_ms)));
    auto [error, size] = co_await http::async_read_header(stream_, buffer_, parser, kAwait);
    first_ = false;
    busy_ = true;
    if (error) co_return co_await answer_unreadable(error);
    const auto& request = parser.get();
    const HttpHead head = head_of(request);

    if (auto refusal = policy_.refuse(head)) {
      co_await send(*refusal, request, false);
      co_return false;
    }
    if (beast::websocket::is_upgrade(request)) {
      co_return co_await upgrade(parser, head, slot);
    }
    // A full server is healthy: what watches it must not take it for a dead one.
    const bool full = context_.connections.size() > options_.max_connections;
    if (full && !Router::is_probe(head)) {
      context_.metrics.refused(Refusal::kConnections);
      const auto reply = error_reply(
          {ErrorCode::kTooManyConnections, "max_connections " + std::to_string(options_.max_connections) + " are open"},
          options_.reconnect_after_ms);
      co_await send(reply, request, false);
      co_return false;
    }
    if (head.method == "OPTIONS") {
      const auto reply = policy_.preflight(head);
      co_return co_await send(reply, request, request.keep_alive());
    }
    if (!Router::is_open(head)) {
      auto account = policy_.account_of(head);
      if (!account) {
        const auto reply = policy_.unauthenticated(account.error(), head);
        co_await send(reply, request, false);
        co_return false;
      }
      account_ = *std::move(account);
    }
    auto route = context_.router.route(head);
    if (const auto* call = std::get_if<InferCall>(&route)) co_return co_await infer(parser, head, call->model);
    if (const auto* call = std::get_if<RepositoryCall>(&route)) co_return co_await change_served(parser, *call);
    // A body that nobody asked for is not read; the connection cannot be used after it.
    const bool bodiless = parser.content_length_remaining().value_or(0) == 0 && !parser.chunked();
    const auto& reply = std::get<HttpReply>(route);
    co_return co_await send(reply, request, !full && bodiless && request.keep_alive());
  }

  // Whom the queue is fair to: all of a token's connections together, else this one.
  const std::shared_ptr<Principal>& principal() const { return account_ != nullptr ? account_->principal : principal_; }

  // What came was no usable request header.
  net::awaitable<bool> answer_unreadable(beast::error_code error) {
    std::optional<HttpReply> reply;
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      reply = error_reply(431, Error{ErrorCode::kMessageTooLarge, "the header exceeds max_http_header_bytes " +
                                                                      std::to_string(options_.max_http_header_bytes)});
    } else if (error == http::error::body_limit) {
      reply = error_reply(413, Error{ErrorCode::kMessageTooLarge, "the body exceeds max_http_body_bytes " +
                                                                      std::to_string(options_.max_http_body_bytes)});
    } else if (error == beast::error::timeout) {
      context_.metrics.refused(Refusal::kTimeout);
    } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
      reply = error_reply(400, Error{ErrorCode::kMalformedMessage, "not an HTTP request: " + error.message()});
    } else if (error.category() == net::error::get_ssl_category()) {
      tls_failed(error);  // with TLS 1.3 a client refuses the certificate after the handshake
    }
    if (reply) {
      context_.metrics.refused(Refusal::kMalformed);
      const http::request<http::string_body> none;
      co_await send(*reply, none, false);
    }
    co_return false;
  }

  net::awaitable<bool> upgrade(Parser& parser, const HttpHead& head, ConnectionSet::Slot& slot) {
    const auto& request = parser.get();
    std::optional<HttpReply> refusal;
    if (head.path() != kStreamPath) {
      refusal = error_reply(Error{ErrorCode::kNotFound, "the WebSocket is at " + std::string(kStreamPath)});
    } else if (!http::token_list(request[http::field::sec_websocket_protocol])
                    .exists(std::string(wire::kSubprotocol))) {
      context_.metrics.refused(Refusal::kSubprotocol);
      refusal =
          error_reply(400, Error{ErrorCode::kProtocolVersionMismatch,
                                 "this server speaks the WebSocket subprotocol " + std::string(wire::kSubprotocol) +
                                     ", the client offers '" +
                                     std::string(request[http::field::sec_websocket_protocol]).substr(0, 128) + "'"});
    } else if (context_.draining) {
      context_.metrics.refused(Refusal::kDraining);
      refusal = error_reply({ErrorCode::kShuttingDown, "the server is draining"}, options_.reconnect_after_ms);
    }
    if (refusal) {
      co_await send(*refusal, request, false);
      co_return false;
    }
    WebSocketTerms terms;
    terms.full = context_.connections.size() > options_.max_connections;
    if (!terms.full) {
      auto account = policy_.account_of(head);
      if (account) {
        terms.account = *std::move(account);
      } else {
        terms.refusal = account.error();
      }
    }
    handed_over_ = true;
    // Browsers cannot read the status of a refused upgrade, so a full server, or one that wants another token, upgrades and closes.
    co_await serve_websocket(std::move(stream_), parser.release(), slot, context_, std::move(terms));
    co_return false;
  }

  net::awaitable<bool> infer(Parser& parser, const HttpHead& head, ServedLease model) {
    const auto& metrics = model->metrics();
    if (auto refusal = account_ != nullptr ? account_->take_request(now()) : std::nullopt) {
      metrics.ended(Outcome::kRejected);
      context_.metrics.rate_limited(account_->name);
      co_await send(policy_.readable(error_reply(refusal->error, refusal->retry_after_ms), head), parser.get(), false);
      co_return false;
    }
    if (context_.dispatcher.full_for(*principal())) {  // before the body is read
      metrics.ended(Outcome::kRejected);
      const auto reply = error_reply({ErrorCode::kOverloaded, "max_queue requests are waiting"}, 1000);
      co_await send(policy_.readable(reply, head), parser.get(), false);
      co_return false;
    }
    if (auto full = unsent_refusal(1)) {  // before the body is read, too
      metrics.ended(Outcome::kRejected);
      co_await send(policy_.readable(*std::move(full), head), parser.get(), false);
      co_return false;
    }
    auto exchange = std::make_shared<InferExchange>();
    if (!head.inference_header_length.empty()) {
      exchange->json_bytes = parse_size(head.inference_header_length);
      if (!exchange->json_bytes) {
        const auto reply =
            error_reply({ErrorCode::kInvalidArgument, "Inference-Header-Content-Length is not a number"});
        co_await send(policy_.readable(reply, head), parser.get(), false);
        co_return false;
      }
    }
    exchange->held = ByteBudget::Hold(context_.held);
    const std::uint64_t length =
        parser.content_length().value_or(options_.max_http_body_bytes);  // chunked: it may be the most
    if (length <= options_.max_http_body_bytes && !exchange->held.resize(length)) {
      metrics.ended(Outcome::kRejected);
      const auto reply = error_reply(503, held_refusal(context_.held), kRetryAfterMs);
      co_await send(policy_.readable(reply, head), parser.get(), false);
      co_return false;
    }
    lowest().expires_after(ms(options_.http_timeout_ms));
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      auto [error, size] = co_await net::async_write(stream_, net::buffer(kContinue), kAwait);
      if (error) co_return false;
    }
    const auto deadline = now() + ms(options_.http_timeout_ms);
    auto [error, size] = co_await http::async_read(stream_, buffer_, parser, kAwait);
    if (error) co_return co_await answer_unreadable(error);
    context_.metrics.received(parser.get().body().size());
    exchange->body = std::move(parser.get().body());
    exchange->held.resize(exchange->body.size());

    Waiting waiting{net::steady_timer(stream_.get_executor()), deadline};
    // What still comes after this coroutine gave up finds `alive` false.
    auto alive = std::make_shared<bool>(true);
    const InferLimits limits{.max_json_bytes = std::size_t{16} << 20, .max_json_depth = options_.max_json_depth};
    const auto sooner = [executor = stream_.get_executor(), alive, &waiting](Instant earlier) {
      net::post(executor, [alive, &waiting, earlier] {
        if (!*alive) return;
        waiting.deadline = earlier;
        waiting.timer.cancel();
      });
    };
    auto job = make_infer_job(model, principal(), limits, deadline, exchange, sooner);
    job->trace = wire::read_traceparent(head.traceparent);
    job->done = [this, alive, exchange, &waiting](JobResult& result) {
      if (!*alive) return false;
      waiting.finished = true;
      waiting.timer.cancel();
      if (!result.outputs) {
        exchange->reply = error_reply(result.outputs.error(), result.retry_after_ms);
      } else if (auto full = unsent_refusal(exchange->reply.body.size())) {
        exchange->reply = *std::move(full);
        result.outputs = fail(ErrorCode::kOverloaded, "max_unsent_http_bytes");  // how it is counted
      }
      return true;
    };
    const auto admission = context_.dispatcher.submit(job);
    if (!admission.accepted) {
      *alive = false;
      const auto reply =
          error_reply(admission.why.value_or(Error{ErrorCode::kOverloaded, "max_queue requests are waiting"}),
                      admission.retry_after_ms);
      co_return co_await send(policy_.readable(reply, head), parser.get(), parser.get().keep_alive());
    }
    while (!waiting.finished && now() < waiting.deadline) {
      waiting.timer.expires_at(to_steady(waiting.deadline));
      co_await waiting.timer.async_wait(kAwait);
    }
    *alive = false;
    if (!waiting.finished) {
      context_.dispatcher.abandon(job, ErrorCode::kDeadlineExpired);
      const std::string limit = waiting.deadline < deadline
                                    ? "its parameters.timeout"
                                    : "http_timeout_ms " + std::to_string(options_.http_timeout_ms);
      const auto reply = error_reply({ErrorCode::kDeadlineExpired, "no result within " + limit});
      co_return co_await send(policy_.readable(reply, head), parser.get(), parser.get().keep_alive());
    }
    // The reply may wait long for its reader; what asked for it need not.
    exchange->body = {};
    exchange->held.release();
    exchange->request = {};
    if (job->trace) exchange->reply.set("traceparent", std::string(head.traceparent));
    co_return co_await send(policy_.readable(std::move(exchange->reply), head), parser.get(),
                            parser.get().keep_alive());
  }

  // Loads or unloads a bundle, and waits for it. A body, which may hold parameters, is read and ignored.
  net::awaitable<bool> change_served(Parser& parser, RepositoryCall call) {
    lowest().expires_after(ms(options_.http_timeout_ms));
    parser.body_limit(kMaxParameterBytes);
    auto [error, size] = co_await http::async_read(stream_, buffer_, parser, kAwait);
    if (error) co_return co_await answer_unreadable(error);
    lowest().expires_never();  // a large model takes as long as it takes
    auto changed = std::make_shared<std::optional<Result<void>>>();
    auto waiting = std::make_shared<net::steady_timer>(stream_.get_executor(), to_steady(kNever));
    auto done = [changed, waiting](const Result<void>& result) {
      net::post(waiting->get_executor(), [changed, waiting, result] {
        *changed = result;
        waiting->cancel();
      });
    };
    if (call.load) {
      context_.loads.load(call.bundle, done);
    } else {
      context_.loads.unload(call.bundle, done);
    }
    while (!changed->has_value()) co_await waiting->async_wait(kAwait);
    const auto& result = **changed;
    const auto reply = result ? json_reply(200, "{}") : error_reply(result.error());
    co_return co_await send(reply, parser.get(), parser.get().keep_alive());
  }

  // The answer in place of a reply of so many bytes, where too many wait already for clients that are slow to read.
  std::optional<HttpReply> unsent_refusal(std::size_t reply_bytes) const {
    const std::uint64_t waiting = context_.unsent_http_bytes;
    if (waiting + reply_bytes <= options_.max_unsent_http_bytes) return std::nullopt;
    return error_reply(
        503,
        {ErrorCode::kOverloaded, std::to_string(waiting) + " bytes of replies wait for clients to read them and " +
                                     std::to_string(reply_bytes) + " more would exceed max_unsent_http_bytes " +
                                     std::to_string(options_.max_unsent_http_bytes) +
                                     "; read replies as they come, ask for fewer or binary outputs, or retry later"},
        kRetryAfterMs);
  }

  net::awaitable<bool> send(const HttpReply& reply, const http::request<http::string_body>& request, bool keep_alive) {
    return writer_.send(reply, request.method() == http::verb::head, keep_alive);
  }

  // For the end of an inference.
  struct Waiting {
    net::steady_timer timer;
    Instant deadline;
    bool finished = false;
  };

  Stream stream_;
  const std::shared_ptr<Principal> principal_ = std::make_shared<Principal>();
  std::shared_ptr<TokenAccount> account_;  // of the request at hand; null where no token is needed
  ServerContext& context_;
  const ServerOptions& options_;
  const RequestPolicy policy_;
  ReplyWriter<Stream> writer_;
  const Instant first_deadline_ = now() + ms(options_.handshake_timeout_ms);
  beast::flat_buffer buffer_;
  bool secured_ = false;  // TLS is established
  bool first_ = true;
  bool busy_ = false;
  bool gave_way_ = false;     // closed while it waited: nothing is unread, so there is nothing to linger for
  bool handed_over_ = false;  // the WebSocket has the socket
};

template <typename Stream>
net::awaitable<void> serve_stream(Stream stream, ConnectionSet::Slot& slot, ServerContext& context) {
  HttpConnection<Stream> connection(std::move(stream), context);
  slot.attach(&connection);
  co_await connection.serve(slot);
}

}  // namespace

net::awaitable<void> serve_connection(net::ip::tcp::socket socket, ConnectionSet::Slot slot, ServerContext& context) {
  try {
    PlainStream plain(std::move(socket));
    if (const auto tls = context.credentials.tls(); tls != nullptr) {
      TlsStream secure(std::move(plain), *tls);
      co_await serve_stream(std::move(secure), slot, context);
    } else {
      co_await serve_stream(std::move(plain), slot, context);
    }
  } catch (const std::exception& error) {
    context.refusals.line("connection_failed", "A connection failed", {{"reason", error.what()}}, now());
  }
}

}  // namespace sluice::server
