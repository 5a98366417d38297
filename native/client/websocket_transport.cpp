// Compiled as C++17: WebSocket++ 0.8.2 is not valid C++20.
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <websocketpp/client.hpp>
#include <websocketpp/config/asio_client.hpp>
#include <websocketpp/config/asio_no_tls_client.hpp>

#include "native/client/tls_context.hpp"
#include "native/client/transport.hpp"

namespace sluice::client {
namespace {

using Plain = websocketpp::config::asio_client;
using Secure = websocketpp::config::asio_tls_client;
using Handle = websocketpp::connection_hdl;
using std::chrono::microseconds;

// How often a socket is asked what it has not sent yet, while there is any.
constexpr std::chrono::milliseconds kWatchEvery{5};

template <typename Endpoint>
std::string why_closed(Endpoint& endpoint, const Handle& handle) {
  websocketpp::lib::error_code failed;
  const auto connection = endpoint.get_con_from_hdl(handle, failed);
  if (failed || connection == nullptr) return "the connection is gone";
  const auto code = connection->get_remote_close_code();
  if (code != websocketpp::close::status::blank && code != websocketpp::close::status::abnormal_close) {
    const std::string reason = connection->get_remote_close_reason();
    return "the server closed the connection with code " + std::to_string(code) + (reason.empty() ? "" : ": " + reason);
  }
  const auto transport = connection->get_transport_ec();
  return transport ? "the connection broke: " + transport.message()
                   : "the connection broke: " + connection->get_ec().message();
}

template <typename Endpoint>
std::string why_failed(Endpoint& endpoint, const Handle& handle, const std::string& url) {
  websocketpp::lib::error_code failed;
  const auto connection = endpoint.get_con_from_hdl(handle, failed);
  std::string why = "cannot connect to " + url;
  if (failed || connection == nullptr) return why;
  const auto transport = connection->get_transport_ec();
  why += ": " + (transport ? transport.message() : connection->get_ec().message());
  const auto status = static_cast<int>(connection->get_response_code());
  if (status != 0 && status != 101) why += " (HTTP status " + std::to_string(status) + ")";
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
      }
    });
    if constexpr (std::is_same_v<Config, Secure>) {
      endpoint_.set_tls_init_handler([this, host = websocketpp::uri(options_.url).get_host()](const Handle&) {
        refused_certificate_.clear();
        return make_tls_context(host, [this](const std::string& why) { refused_certificate_ = why; });
      });
    }
    timer_ = std::make_unique<boost::asio::steady_timer>(endpoint_.get_io_service());
    watch_timer_ = std::make_unique<boost::asio::steady_timer>(endpoint_.get_io_service());
    endpoint_.start_perpetual();
    thread_ = std::thread([this] { run(); });
  }

  ~WebSocketTransport() override { shutdown(); }

  void connect() override {
    post([this] { open(); });
  }

  void send(std::string message) override {
    post([this, moved = std::make_shared<std::string>(std::move(message))] {
      websocketpp::lib::error_code failed;
      endpoint_.send(current_, *moved, websocketpp::frame::opcode::binary, failed);  // closed() tells of a failure
      if (failed) return;
      handed_ += moved->size();
      watch();
    });
  }

  void close(std::uint16_t code) override {
    post([this, code] { forget(code); });
  }

  void wake_after(microseconds delay) override {
    post([this, delay] {
      const std::uint64_t wake = ++wake_;
      timer_->cancel();
      if (delay < microseconds::zero() || stopping_) return;
      timer_->expires_after(delay);
      timer_->async_wait([this, wake](const boost::system::error_code& failed) {
        if (!failed && wake == wake_ && !stopping_) callbacks_.woken();
      });
    });
  }

  void shutdown() override {
    if (!thread_.joinable()) return;
    post([this] {
      stopping_ = true;
      timer_->cancel();
      watch_timer_->cancel();
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
      callbacks_.opened();
    });
    connection->set_fail_handler([this, is_current](Handle handle) {
      if (!is_current()) return;
      const std::string why = refused_certificate_.empty()
                                  ? why_failed(endpoint_, handle, options_.url)
                                  : "cannot connect to " + options_.url + ": the server's certificate was refused, " +
                                        refused_certificate_ + " ($SSL_CERT_FILE can name others to trust)";
      report_closed(ErrorCode::kNotConnected, why);
    });
    connection->set_close_handler([this, is_current](Handle handle) {
      if (is_current()) report_closed(ErrorCode::kConnectionLost, why_closed(endpoint_, handle));
    });
    connection->set_message_handler([this, is_current](Handle, typename Endpoint::message_ptr message) {
      if (is_current()) callbacks_.received(message->get_payload());
    });
    current_ = connection->get_handle();
    pending_ = connection;
    endpoint_.connect(connection);
  }

  // Tells what has left since the last time, until everything has. Not at once after a send: WebSocket++ has then taken the
  // message from its queue, and the kernel may not have it yet.
  void watch() {
    if (watching_) return;
    watching_ = true;
    watch_timer_->expires_after(kWatchEvery);
    watch_timer_->async_wait([this](const boost::system::error_code& failed) {
      watching_ = false;
      if (failed || stopping_ || handed_ == 0) return;
      const std::size_t left = handed_ - std::min(unsent_bytes(), handed_);
      handed_ -= left;
      if (handed_ != 0) watch();
      if (left != 0) callbacks_.sent(left);
    });
  }

  // What waits in WebSocket++'s queue and what the kernel has not put on the network.
  std::size_t unsent_bytes() {
    websocketpp::lib::error_code failed;
    const ConnectionPtr connection = endpoint_.get_con_from_hdl(current_, failed);
    if (failed || connection == nullptr) return 0;
    int in_kernel = 0;
    if (::ioctl(connection->get_raw_socket().native_handle(), SIOCOUTQNSD, &in_kernel) != 0) in_kernel = 0;
    return connection->get_buffered_amount() + static_cast<std::size_t>(std::max(in_kernel, 0));
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
    handed_ = 0;
    pending_.reset();
    current_.reset();
  }

  void report_closed(ErrorCode code, const std::string& why) {
    ++generation_;
    open_ = false;
    handed_ = 0;
    pending_.reset();
    current_.reset();
    if (!stopping_) callbacks_.closed(code, why);
  }

  const TransportOptions options_;
  const TransportCallbacks callbacks_;
  Endpoint endpoint_;
  std::unique_ptr<boost::asio::steady_timer> timer_;
  std::unique_ptr<boost::asio::steady_timer> watch_timer_;
  // On the I/O thread only.
  Handle current_;
  std::weak_ptr<typename Endpoint::connection_type> pending_;
  std::string refused_certificate_;  // why, of the present connection
  std::uint64_t generation_ = 0;
  std::uint64_t wake_ = 0;
  std::size_t handed_ = 0;  // bytes of messages that have not been reported as sent
  bool watching_ = false;
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
  try {
    if (secure) return std::make_unique<WebSocketTransport<Secure>>(options, std::move(callbacks));
    return std::make_unique<WebSocketTransport<Plain>>(options, std::move(callbacks));
  } catch (const std::exception& broken) {
    error = std::string("the network cannot be used: ") + broken.what();
    return nullptr;
  }
}

}  // namespace sluice::client
