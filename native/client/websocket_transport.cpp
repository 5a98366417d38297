// Compiled as C++17: WebSocket++ 0.8.2 is not valid C++20. With Asio's own error codes, as CMakeLists.txt asks, so that a refused
// connection is told from others; WebSocket++ would make "Underlying Transport Error" of either.
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <websocketpp/client.hpp>
#include <websocketpp/config/asio_client.hpp>
#include <websocketpp/config/asio_no_tls_client.hpp>

#include "native/client/socket_progress.hpp"
#include "native/client/tls_context.hpp"
#include "native/client/transport.hpp"

namespace sluice::client {
namespace {

using Plain = websocketpp::config::asio_client;
using Secure = websocketpp::config::asio_tls_client;
using Handle = websocketpp::connection_hdl;

// How soon to look again while bytes wait to leave.
constexpr std::chrono::milliseconds kLookAgain{3};

// Bytes of a masked binary message on the network, without what TLS adds.
std::uint64_t framed_bytes(std::size_t payload) { return payload + (payload < 126 ? 6 : payload < 65'536 ? 8 : 14); }

struct Ending {
  ErrorCode code;
  std::string why;
};

// What the socket or WebSocket++ says, which is nothing where either side simply went away.
template <typename ConnectionPtr>
std::string broken_by(const ConnectionPtr& connection) {
  if (const auto transport = connection->get_transport_ec()) return transport.message();
  const auto failed = connection->get_ec();
  if (!failed || failed == websocketpp::transport::error::make_error_code(websocketpp::transport::error::eof))
    return "the other end went away without saying why";
  return failed.message();
}

bool was_said(websocketpp::close::status::value code) {
  return code != websocketpp::close::status::blank && code != websocketpp::close::status::abnormal_close;
}

template <typename Endpoint>
Ending why_closed(Endpoint& endpoint, const Handle& handle, std::size_t max_message_bytes) {
  websocketpp::lib::error_code failed;
  const auto connection = endpoint.get_con_from_hdl(handle, failed);
  if (failed || connection == nullptr) return {ErrorCode::kConnectionLost, "the connection is gone"};
  const auto code = connection->get_remote_close_code();
  if (was_said(code)) {
    const std::string reason = connection->get_remote_close_reason();
    return {ErrorCode::kConnectionLost, "the server closed the connection with code " + std::to_string(code) +
                                            (reason.empty() ? "" : ": " + reason)};
  }
  const auto ours = connection->get_local_close_code();
  if (ours == websocketpp::close::status::message_too_big) {
    return {ErrorCode::kMessageTooLarge, "the server sent a message of more than " + std::to_string(max_message_bytes) +
                                             " bytes, the most that max_message_bytes allows; allow more"};
  }
  if (was_said(ours)) {
    return {ErrorCode::kMalformedMessage,
            "what the server sent is no WebSocket message: " + connection->get_local_close_reason()};
  }
  return {ErrorCode::kConnectionLost, "the connection broke: " + broken_by(connection)};
}

template <typename Endpoint>
std::string why_failed(Endpoint& endpoint, const Handle& handle, const std::string& url) {
  websocketpp::lib::error_code failed;
  const auto connection = endpoint.get_con_from_hdl(handle, failed);
  std::string why = "cannot connect to " + url;
  if (failed || connection == nullptr) return why;
  if (connection->get_ec() == boost::asio::error::connection_refused) {
    return why + ": " + websocketpp::uri(url).get_authority() +
           " refused the connection, so no server listens there; start one, or name the address of another";
  }
  why += ": " + broken_by(connection);
  const auto status = static_cast<int>(connection->get_response_code());
  if (status != 0 && status != 101) why += " (HTTP status " + std::to_string(status) + ")";
  const bool secure = url.compare(0, 4, "wss:") == 0;
  if (secure && connection->get_transport_ec().category() == boost::asio::error::get_ssl_category()) {
    why += "; if what answers there speaks no TLS, name it with ws://";
  } else if (!secure && status == 400) {
    why += "; a server with TLS answers like this: try wss://";
  }
  return why;
}

// Config: Plain for ws://, Secure for wss://.
template <typename Config>
class WebSocketTransport final : public Transport {
  using Endpoint = websocketpp::client<Config>;
  using ConnectionPtr = typename Endpoint::connection_ptr;

 public:
  WebSocketTransport(const TransportOptions& options, TransportCallbacks callbacks)
      : options_(options), callbacks_(std::move(callbacks)) {
    endpoint_.clear_access_channels(websocketpp::log::alevel::all);
    endpoint_.clear_error_channels(websocketpp::log::elevel::all);
    endpoint_.init_asio();
    endpoint_.set_max_message_size(options_.max_message_bytes);
    endpoint_.set_user_agent(options_.user_agent);
    endpoint_.set_open_handshake_timeout(static_cast<long>(options_.connect_timeout_ms));
    endpoint_.set_close_handshake_timeout(static_cast<long>(options_.close_timeout_ms));
    // Nagle's algorithm would hold small messages back until the server confirms the last one.
    endpoint_.set_tcp_post_init_handler([this](Handle handle) {
      websocketpp::lib::error_code failed;
      const ConnectionPtr connection = endpoint_.get_con_from_hdl(std::move(handle), failed);
      if (!failed && connection != nullptr) {
        boost::system::error_code ignored;
        connection->get_raw_socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
        keep_little_unsent(connection->get_raw_socket().native_handle());
      }
    });
    if constexpr (std::is_same_v<Config, Secure>) {
      endpoint_.set_tls_init_handler([this, host = websocketpp::uri(options_.url).get_host()](const Handle&) {
        refused_certificate_.clear();
        return make_tls_context(host, options_.ca_file, [this](const std::string& why) { refused_certificate_ = why; });
      });
    }
    timer_ = std::make_unique<boost::asio::steady_timer>(endpoint_.get_io_service());
    endpoint_.start_perpetual();
    thread_ = std::thread([this] { run(); });
  }

  ~WebSocketTransport() override { shutdown(); }

  void connect() override {
    post([this] { open(); });
  }

  void send(std::string message) override {
    post([this, moved = std::move(message)] {
      websocketpp::lib::error_code failed;
      endpoint_.send(current_, moved, websocketpp::frame::opcode::binary, failed);  // closed() tells of a failure
      if (failed || !open_) return;
      unsent_messages_.push_back({moved.size(), handed_over_ += framed_bytes(moved.size())});
      look_at_progress();
    });
  }

  void close(std::uint16_t code) override {
    post([this, code] { forget(code); });
  }

  void shutdown() override {
    if (!thread_.joinable()) return;
    post([this] {
      stopping_ = true;
      timer_->cancel();
      forget(websocketpp::close::status::going_away);
      endpoint_.stop_perpetual();
    });
    {
      // A server that confirms nothing must not hold us up for longer than the close takes.
      std::unique_lock lock(mutex_);
      const auto patience = std::chrono::milliseconds(options_.close_timeout_ms) * 2;
      if (!finished_.wait_for(lock, patience, [this] { return done_; })) endpoint_.stop();
    }
    thread_.join();
  }

 private:
  template <typename Task>
  void post(Task task) {
    boost::asio::post(endpoint_.get_io_service(), std::move(task));
  }

  void run() {
    for (;;) {
      try {
        endpoint_.run();
        break;
      } catch (const std::exception& broken) {
        // Only a defect or a lack of memory gets here; the connection counts as lost and the loop goes on.
        report_closed(ErrorCode::kConnectionLost, broken.what());
      }
    }
    const std::lock_guard lock(mutex_);
    done_ = true;
    finished_.notify_all();
  }

  // --- on the I/O thread

  void open() {
    if (stopping_) return;
    forget(websocketpp::close::status::going_away);
    const std::uint64_t generation = ++generation_;
    websocketpp::lib::error_code failed;
    const ConnectionPtr connection = endpoint_.get_connection(options_.url, failed);
    if (failed)
      return report_closed(ErrorCode::kNotConnected, "cannot connect to " + options_.url + ": " + failed.message());
    connection->add_subprotocol(options_.subprotocol, failed);
    if (!options_.token.empty()) connection->append_header("Authorization", "Bearer " + options_.token);
    const auto is_current = [this, generation] { return generation == generation_ && !stopping_; };
    connection->set_open_handler([this, is_current](Handle handle) {
      if (!is_current()) return;
      websocketpp::lib::error_code unknown;
      const ConnectionPtr opened = endpoint_.get_con_from_hdl(handle, unknown);
      // get_subprotocol() tells the server's side only.
      if (!unknown && opened->get_response_header("Sec-WebSocket-Protocol") != options_.subprotocol) {
        forget(websocketpp::close::status::protocol_error);
        return callbacks_.closed(ErrorCode::kHandshakeRefused,
                                 options_.url + " does not speak " + options_.subprotocol);
      }
      open_ = true;
      before_messages_ = bytes_on_network(opened->get_raw_socket().native_handle());
      progress_known_ = before_messages_ != 0;  // the handshake has gone out
      handed_over_ = 0;
      unsent_messages_.clear();
      callbacks_.opened();
    });
    connection->set_fail_handler([this, is_current](Handle handle) {
      if (!is_current()) return;
      const std::string why = refused_certificate_.empty()
                                  ? why_failed(endpoint_, handle, options_.url)
                                  : "cannot connect to " + options_.url + ": the server's certificate was refused, " +
                                        refused_certificate_ +
                                        " (ca_file or $SSL_CERT_FILE can name others to trust; sluice run: --ca)";
      report_closed(ErrorCode::kNotConnected, why);
    });
    connection->set_close_handler([this, is_current](Handle handle) {
      if (!is_current()) return;
      const Ending ending = why_closed(endpoint_, handle, options_.max_message_bytes);
      report_closed(ending.code, ending.why);
    });
    connection->set_message_handler([this, is_current](Handle, typename Endpoint::message_ptr message) {
      if (is_current()) callbacks_.received(std::move(message->get_raw_payload()));
    });
    current_ = connection->get_handle();
    pending_ = connection;
    endpoint_.connect(connection);
  }

  // Tells how much of the messages has left, and looks again soon while some has not.
  void look_at_progress() {
    websocketpp::lib::error_code unknown;
    const ConnectionPtr connection = endpoint_.get_con_from_hdl(current_, unknown);
    if (unknown || connection == nullptr) return;
    std::uint64_t left = handed_over_;
    if (progress_known_) {
      left = bytes_on_network(connection->get_raw_socket().native_handle()) - before_messages_;
      // Pongs, and what TLS puts around the messages, are on the network as well: nothing is unsent that was not handed over.
      if (left > handed_over_) {
        before_messages_ += left - handed_over_;
        left = handed_over_;
      }
    } else {
      left -= std::min<std::uint64_t>(left, connection->get_buffered_amount());
    }
    std::size_t bytes = 0;
    while (!unsent_messages_.empty() && unsent_messages_.front().ends_at <= left) {
      bytes += unsent_messages_.front().unreported;
      unsent_messages_.pop_front();
    }
    if (!unsent_messages_.empty()) {  // the part of the next one that has left
      Unsent& next = unsent_messages_.front();
      const std::uint64_t rest = next.ends_at - left;
      if (rest < next.unreported) {
        bytes += next.unreported - static_cast<std::size_t>(rest);
        next.unreported = static_cast<std::size_t>(rest);
      }
      look_again();
    }
    if (bytes != 0) callbacks_.sent(bytes);
  }

  void look_again() {
    if (looking_again_ || stopping_) return;
    looking_again_ = true;
    timer_->expires_after(kLookAgain);
    timer_->async_wait([this](const boost::system::error_code& cancelled) {
      looking_again_ = false;
      if (!cancelled && !stopping_ && open_) look_at_progress();
    });
  }

  // Lets go of the present connection; what it still does concerns nobody.
  void forget(std::uint16_t code) {
    ++generation_;
    websocketpp::lib::error_code ignored;
    if (open_) {
      endpoint_.close(current_, code, "", ignored);
    } else if (const ConnectionPtr opening = pending_.lock()) {
      opening->terminate(websocketpp::error::make_error_code(websocketpp::error::operation_canceled));
    }
    open_ = false;
    pending_.reset();
    current_.reset();
  }

  void report_closed(ErrorCode code, const std::string& why) {
    ++generation_;
    open_ = false;
    pending_.reset();
    current_.reset();
    if (!stopping_) callbacks_.closed(code, why);
  }

  struct Unsent {
    std::size_t unreported = 0;  // bytes of the message that sent() was not told of
    std::uint64_t ends_at = 0;   // in handed_over_
  };

  const TransportOptions options_;
  const TransportCallbacks callbacks_;
  Endpoint endpoint_;
  std::unique_ptr<boost::asio::steady_timer> timer_;
  // On the I/O thread only.
  Handle current_;
  std::weak_ptr<typename Endpoint::connection_type> pending_;
  std::string refused_certificate_;  // why, of the present connection
  std::uint64_t generation_ = 0;
  std::deque<Unsent> unsent_messages_;
  std::uint64_t handed_over_ = 0;      // framed bytes of messages on this connection
  std::uint64_t before_messages_ = 0;  // bytes on the network that belong to none of them
  bool progress_known_ = false;
  bool looking_again_ = false;
  bool open_ = false;
  bool stopping_ = false;

  std::mutex mutex_;  // guards done_
  std::condition_variable finished_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Transport> make_websocket_transport(const TransportOptions& options, TransportCallbacks callbacks,
                                                    std::string& error) {
  const websocketpp::uri url(options.url);
  if (!url.get_valid() || url.get_host().empty()) {
    error = "'" + options.url + "' is no address of a server; an example: ws://127.0.0.1:8080";
    return nullptr;
  }
  const bool secure = url.get_scheme() == "wss";
  if (!secure && url.get_scheme() != "ws") {
    error = "'" + options.url + "' begins neither with ws:// nor with wss://";
    return nullptr;
  }
  // A token goes into a header, where a line's end would begin another.
  const auto printable = [](char c) { return c > ' ' && c < 0x7f; };
  if (!std::all_of(options.token.begin(), options.token.end(), printable)) {
    error = "the token holds a character that no header may have: tokens are printable ASCII without spaces";
    return nullptr;
  }
  if (secure && !options.ca_file.empty() &&
      make_tls_context(url.get_host(), options.ca_file, [](const std::string&) {}) == nullptr) {
    error = "'" + options.ca_file +
            "' cannot be read or holds no PEM certificate; name a file that begins -----BEGIN CERTIFICATE-----";
    return nullptr;
  }
  try {
    if (secure) return std::make_unique<WebSocketTransport<Secure>>(options, std::move(callbacks));
    return std::make_unique<WebSocketTransport<Plain>>(options, std::move(callbacks));
  } catch (const std::exception& broken) {
    error = std::string("the network cannot be used: ") + broken.what();
    return nullptr;
  }
}

}  // namespace sluice::client
