#include "server/websocket/websocket_connection.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/wire/encoding.hpp"
#include "core/wire/traceparent.hpp"
#include "server/await.hpp"
#include "server/clock.hpp"
#include "server/upstream/upstream.hpp"
#include "server/websocket/open_payloads.hpp"

namespace sluice::server {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

// Before the client has said who it is, it may send no more than this.
constexpr std::size_t kMaxHelloBytes = 64 << 10;
// A buffer that one large message made is not kept for ever.
constexpr std::size_t kKeptBufferBytes = std::size_t{1} << 20;
constexpr std::size_t kReadBytes = 256 << 10;  // of a large message at a time
// So much of a message may arrive before it counts among the bytes that the server holds.
constexpr std::size_t kFreeBytes = 64 << 10;
// A payload in parts is closed so long before its budget ends, and what the model takes on top: timers and threads are late, an answer
// has to be written. A client that knows its link closes it by itself, so that little is lost by not waiting longer.
constexpr Duration kLeastTimeToAnswer = std::chrono::milliseconds(10);
constexpr int kBudgetPartToAnswer = 8;

template <typename Stream>
class WebSocketConnection;

// Connections that have something to say, written to together once the messages that are ready were read. A client that
// sleeps is then woken once for all its answers instead of once for each, which is what a busy server's time goes into.
// One for each io_context and kind of stream; only its thread uses it.
template <typename Stream>
class WriteBatch final : public net::execution_context::service {
 public:
  using key_type = WriteBatch;
  static inline net::execution_context::id id;
  explicit WriteBatch(net::execution_context& context) : net::execution_context::service(context) {}

  void add(std::shared_ptr<WebSocketConnection<Stream>> connection);

 private:
  void shutdown() noexcept override { waiting_.clear(); }
  void write_all();
  std::vector<std::shared_ptr<WebSocketConnection<Stream>>> waiting_;
  std::vector<std::shared_ptr<WebSocketConnection<Stream>>> writing_;
};

template <typename Stream>
class WebSocketConnection final : public Drainable, public std::enable_shared_from_this<WebSocketConnection<Stream>> {
 public:
  WebSocketConnection(Stream stream, ServerContext& context, std::shared_ptr<TokenAccount> account)
      : socket_(std::move(stream)),
        context_(context),
        account_(std::move(account)),
        session_(context.models, context.session_options, now()),
        timer_(socket_.get_executor()),
        batch_(net::use_service<WriteBatch<Stream>>(net::query(socket_.get_executor(), net::execution::context))) {}

  net::any_io_executor executor() { return socket_.get_executor(); }

  // Called by the batch.
  void write_scheduled() {
    write_scheduled_ = false;
    write_next();
  }

  net::awaitable<bool> accept(const beast::http::request<beast::http::string_body>& request) {
    beast::get_lowest_layer(socket_).expires_never();  // the WebSocket layer and the session keep their own time
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = std::chrono::milliseconds(context_.options.handshake_timeout_ms);
    timeout.idle_timeout = websocket::stream_base::none();
    timeout.keep_alive_pings = false;
    socket_.set_option(timeout);
    socket_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(beast::http::field::server, "sluice-server");
      response.set(beast::http::field::sec_websocket_protocol, std::string(wire::kSubprotocol));
    }));
    socket_.read_message_max(0);  // serve() counts, so that it can close in order: see there
    socket_.auto_fragment(false);
    socket_.binary(true);
    auto [error] = co_await socket_.async_accept(request, kAwait);
    co_return !error;
  }

  net::awaitable<void> refuse() {
    close_wanted_ = true;  // a drain has nothing to add
    context_.metrics.refused(Refusal::kConnections);
    co_await socket_.async_close({websocket::close_code::try_again_later, "max_connections are open"}, kAwait);
  }

  net::awaitable<void> serve(const std::optional<Error>& refusal) {
    const auto self = this->shared_from_this();
    if (refusal) refuse_token(*refusal);
    if (context_.draining) session_.drain(context_.options.reconnect_after_ms, now());
    pump();
    beast::flat_buffer buffer;
    for (;;) {
      auto [error, size] = co_await socket_.async_read_some(buffer, kReadBytes, kAwait);
      if (error) break;
      context_.metrics.received(size);
      if (!arriving_.resize(buffer.size() > kFreeBytes ? buffer.size() : 0)) {
        context_.metrics.refused(Refusal::kBytes);
        close(websocket::close_code::try_again_later, "the server holds max_held_bytes of requests");
      }
      if (close_wanted_) {
        // What the client still sends is read and dropped until it answers the close: a socket that is closed with
        // unread bytes resets the connection, and the client might never see the close code.
        buffer.consume(buffer.size());
        arriving_.release();
      } else if (buffer.size() > message_limit()) {
        close(websocket::close_code::too_big, "a message exceeds " + std::to_string(message_limit()) + " bytes");
        buffer.consume(buffer.size());
      } else if (socket_.is_message_done()) {
        take_message(buffer);
      }
    }
    session_.disconnected(now());
    take_events();
    finished_ = true;
    timer_.cancel();
  }

  void drain() override {
    session_.drain(context_.options.reconnect_after_ms, now());
    pump();
  }
  void tokens_changed() override {
    if (account_ == nullptr || !account_->revoked) return;
    refuse_token(account_->revocation());
    pump();
  }
  void abort() override { beast::get_lowest_layer(socket_).close(); }

 private:
  struct Active {
    std::uint64_t id = 0;
    JobHandle job;
  };

  // Ends everything with this error, and the connection.
  void refuse_token(const Error& why) {
    token_refused_ = true;
    session_.refuse(why, now());
  }

  std::size_t message_limit() const {
    const auto limit = context_.session_options.max_message_bytes;
    return session_.handshaken() ? limit : std::min(kMaxHelloBytes, limit);
  }

  void take_message(beast::flat_buffer& buffer) {
    if (!socket_.got_binary()) {
      close(websocket::close_code::unknown_data, "messages must be binary");
    } else {
      session_.receive(std::string(static_cast<const char*>(buffer.data().data()), buffer.size()), now());
    }
    buffer.consume(buffer.size());
    if (buffer.capacity() > kKeptBufferBytes) buffer.shrink_to_fit();
    arriving_.release();
    pump();
  }

  // After anything that may have changed the session.
  void pump() {
    take_events();
    close_parts_in_time();
    if (!writing_ && !write_scheduled_ && !finished_) {
      write_scheduled_ = true;
      batch_.add(this->shared_from_this());
    }
    arm_timer();
  }

  void take_events() {
    while (auto event = session_.next_event()) {
      if (auto* accepted = std::get_if<pipeline::RequestAccepted>(&*event)) {
        run(*accepted);
      } else if (const auto* part = std::get_if<pipeline::PartArrived>(&*event)) {
        add(*part);
      } else if (const auto* abandoned = std::get_if<pipeline::RequestAbandoned>(&*event)) {
        abandon(*abandoned);
      } else if (auto* wanted = std::get_if<pipeline::CloseRequested>(&*event)) {
        if (wanted->code == websocket::close_code::policy_error && session_.handshaken() && !token_refused_)
          context_.metrics.slow_reader_closed();
        close(wanted->code, std::move(wanted->reason));
      }
    }
  }

  void run(pipeline::RequestAccepted& accepted) {
    auto job = std::make_shared<Job>();
    // What the session leased is a model of the registry's.
    job->served = std::static_pointer_cast<const ServedModel>(std::move(accepted.bundle));
    job->principal = account_ != nullptr ? account_->principal : principal_;
    job->request = std::move(accepted.request);
    if (wire::is_of_features(job->request.encoding)) job->result.how = pipeline::AnswerKind::kSplit;
    job->message = std::move(accepted.message);
    job->deadline = accepted.deadline;
    if (!job->request.traceparent.empty()) job->trace = wire::read_traceparent(job->request.traceparent);
    const auto id = accepted.id;
    if (auto refusal = account_ != nullptr ? account_->take_request(now()) : std::nullopt) {
      context_.dispatcher.refused(*job);
      context_.metrics.rate_limited(account_->name);
      session_.reject(id, refusal->error, refusal->retry_after_ms, now());
      return;
    }
    if (const auto loop = loop_of(job->request, context_.server_number)) {
      context_.dispatcher.refused(*job);
      context_.metrics.forwarded(ForwardOutcome::kLoop, Duration::zero());
      session_.reject(id, *loop, 0, now());
      return;
    }
    job->held = ByteBudget::Hold(context_.held);
    if (!job->held.resize(job->message->size())) {
      context_.dispatcher.refused(*job);
      session_.reject(id, held_refusal(context_.held), kRetryAfterMs, now());
      return;
    }
    if (job->request.parts_follow) {
      const Duration reserve = std::max(kLeastTimeToAnswer, (accepted.deadline - now()) / kBudgetPartToAnswer);
      return open_.add(id, job, accepted.deadline - reserve - context_.dispatcher.usual_time(*job));
    }
    start(id, job);
  }

  // The next part of a payload; the last one starts its job.
  void add(const pipeline::PartArrived& part) {
    if (!open_.append(part.id, part.payload)) {
      const JobHandle job = open_.take(part.id);
      context_.dispatcher.refused(*job);
      session_.reject(part.id, held_refusal(context_.held), kRetryAfterMs, now());
    } else if (part.last) {
      close_parts(part.id, open_.take(part.id), PartsClosed::kLast);
    }
  }

  // What has to be run now to be answered in time goes with the parts that came.
  void close_parts_in_time() {
    while (auto due = open_.take_due(now())) {
      session_.close_parts(due->id);
      close_parts(due->id, due->job, PartsClosed::kBudget);
      take_events();
    }
  }

  void close_parts(std::uint64_t id, const JobHandle& job, PartsClosed by) {
    job->served->metrics().closed(by);
    start(id, job);
  }

  void start(std::uint64_t id, const JobHandle& job) {
    if (auto result = find_shared(*job)) {
      context_.dispatcher.ended(*job, *result, hand_out(id, *job, *result));
      return;
    }
    if (auto result = context_.dispatcher.run_if_quick(*job)) {
      context_.dispatcher.ended(*job, *result, hand_out(id, *job, *result));
      return;
    }
    job->done = [self = this->shared_from_this(), id, job = job.get()](JobResult& result) {
      self->forget(id);
      const bool wanted = self->hand_out(id, *job, result);
      self->pump();
      return wanted;
    };
    active_.push_back({id, job});
    const auto admission = context_.dispatcher.submit(job);
    if (admission.accepted) return;
    active_.pop_back();
    const Error full{ErrorCode::kOverloaded,
                     "the server's queue of " + std::to_string(context_.options.max_queue) + " requests is full"};
    session_.reject(id, admission.why.value_or(full), admission.retry_after_ms, now());
  }

  // What the server answered to this client or another, for an input near this one.
  std::optional<JobResult> find_shared(const Job& job) {
    SharedAnswers* const shared = job.served->shared();
    if (shared == nullptr || job.request.embedding.empty()) return std::nullopt;
    auto found = shared->find(job.request, now());
    if (!found) return std::nullopt;
    JobResult result;
    result.outputs = *std::move(found);
    result.how = pipeline::AnswerKind::kReused;
    return result;
  }

  // False when nobody waits for it any more.
  bool hand_out(std::uint64_t id, const Job& job, JobResult& result) {
    const auto time = now();
    if (!result.outputs) return session_.reject(id, result.outputs.error(), result.retry_after_ms, time);
    if (SharedAnswers* const shared = job.served->shared();
        shared != nullptr && result.how == pipeline::AnswerKind::kRemote && result.variant.name.empty() &&
        !job.request.embedding.empty()) {
      shared->keep(job.request, *result.outputs, result.cost.decode + result.cost.compute, time);
    }
    if (!session_.complete(id, *result.outputs, result.cost, result.how, time, result.variant, result.hops))
      return false;
    context_.metrics.encoded(now() - time);
    return true;
  }

  void abandon(const pipeline::RequestAbandoned& abandoned) {
    if (const JobHandle open = open_.take(abandoned.id)) return context_.dispatcher.abandon(open, abandoned.reason);
    const auto found =
        std::find_if(active_.begin(), active_.end(), [&](const auto& one) { return one.id == abandoned.id; });
    if (found == active_.end()) return;
    const auto job = std::move(found->job);
    active_.erase(found);
    context_.dispatcher.abandon(job, abandoned.reason);
  }

  void forget(std::uint64_t id) {
    std::erase_if(active_, [&](const Active& one) { return one.id == id; });
  }

  void write_next() {
    if (writing_ || finished_) return;
    auto message = session_.next_message();
    if (!message) {
      if (close_wanted_ && !closing_) start_close();
      return;
    }
    outgoing_ = std::move(*message);
    writing_ = true;
    write_deadline_ = now() + std::chrono::milliseconds(context_.options.write_timeout_ms);
    arm_timer();
    socket_.async_write(net::buffer(outgoing_),
                        [self = this->shared_from_this()](beast::error_code error, std::size_t) {
                          self->writing_ = false;
                          self->write_deadline_ = kNever;
                          if (error) return;  // the reader sees it too
                          self->context_.metrics.sent(self->outgoing_.size());
                          self->session_.sent(self->outgoing_.size());
                          self->write_next();
                        });
  }

  void close(std::uint16_t code, std::string reason) {
    if (close_wanted_) return;
    close_wanted_ = true;
    close_reason_.code = code;
    close_reason_.reason = reason;
    // Whoever does not answer the close, or does not read what comes before it, is cut off.
    close_deadline_ = now() + std::chrono::milliseconds(context_.options.handshake_timeout_ms);
    write_next();
    arm_timer();
  }

  void start_close() {
    closing_ = true;
    socket_.async_close(close_reason_, [self = this->shared_from_this()](beast::error_code) {});
  }

  // The timer is only moved to an earlier time; when it fires too early it looks again. So a request costs no timer.
  void arm_timer() {
    if (finished_) return;
    const auto next = std::min({session_.next_deadline(), open_.next_deadline(), write_deadline_, close_deadline_});
    if (next >= timer_at_) return;
    timer_at_ = next;
    timer_.expires_at(to_steady(next));
    timer_.async_wait([self = this->shared_from_this()](beast::error_code error) {
      if (error || self->finished_) return;
      self->timer_at_ = kNever;
      self->on_time(now());
    });
  }

  void on_time(Instant time) {
    if (time >= write_deadline_ || time >= close_deadline_) {
      if (time >= write_deadline_) context_.metrics.slow_reader_closed();
      return abort();
    }
    session_.tick(time);
    pump();
  }

  websocket::stream<Stream> socket_;
  ServerContext& context_;
  const std::shared_ptr<TokenAccount> account_;  // null where no token is needed
  ByteBudget::Hold arriving_{context_.held};     // the message that is being read
  pipeline::Session session_;
  net::steady_timer timer_;
  WriteBatch<Stream>& batch_;
  Instant timer_at_ = kNever;
  Instant write_deadline_ = kNever;
  Instant close_deadline_ = kNever;
  const std::shared_ptr<Principal> principal_ = std::make_shared<Principal>();
  OpenPayloads open_;
  std::vector<Active> active_;
  std::string outgoing_;  // being written
  websocket::close_reason close_reason_;
  bool writing_ = false;
  bool write_scheduled_ = false;
  bool close_wanted_ = false;
  bool closing_ = false;
  bool finished_ = false;
  bool token_refused_ = false;
};

template <typename Stream>
void WriteBatch<Stream>::add(std::shared_ptr<WebSocketConnection<Stream>> connection) {
  // Posted behind the reads that are ready now.
  if (waiting_.empty()) net::post(connection->executor(), [this] { write_all(); });
  waiting_.push_back(std::move(connection));
}

template <typename Stream>
void WriteBatch<Stream>::write_all() {
  writing_.swap(waiting_);
  std::exception_ptr problem;  // of the first that throws: the others are written all the same, and none a second time
  for (const auto& connection : writing_) {
    try {
      connection->write_scheduled();
    } catch (...) {
      if (!problem) problem = std::current_exception();
    }
  }
  writing_.clear();
  if (problem) std::rethrow_exception(problem);
}

template <typename Stream>
net::awaitable<void> serve_on(Stream stream, beast::http::request<beast::http::string_body> request,
                              ConnectionSet::Slot& slot, ServerContext& context, WebSocketTerms terms) {
  auto connection = std::make_shared<WebSocketConnection<Stream>>(std::move(stream), context, std::move(terms.account));
  slot.attach(nullptr);  // nothing to drain before the upgrade is answered
  const bool accepted = co_await connection->accept(request);
  slot.attach(connection.get());
  if (accepted && !terms.full) {
    co_await connection->serve(terms.refusal);
  } else if (accepted) {
    co_await connection->refuse();
  }
  connection->abort();
  slot.attach(nullptr);
}

}  // namespace

net::awaitable<void> serve_websocket(PlainStream stream, beast::http::request<beast::http::string_body> request,
                                     ConnectionSet::Slot& slot, ServerContext& context, WebSocketTerms terms) {
  return serve_on(std::move(stream), std::move(request), slot, context, std::move(terms));
}

net::awaitable<void> serve_websocket(TlsStream stream, beast::http::request<beast::http::string_body> request,
                                     ConnectionSet::Slot& slot, ServerContext& context, WebSocketTerms terms) {
  return serve_on(std::move(stream), std::move(request), slot, context, std::move(terms));
}

}  // namespace sluice::server
