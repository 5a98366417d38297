#include "server/bench/paced_load.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <algorithm>
#include <memory>

#include "core/wire/codec.hpp"
#include "server/await.hpp"

namespace sluice::server {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using net::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr auto kLooks = std::chrono::milliseconds(20);

struct PacedConnection {
  explicit PacedConnection(net::io_context& io) : stream(io), pace(io) {}

  websocket::stream<beast::tcp_stream> stream;
  net::steady_timer pace;
  std::vector<Clock::time_point> due;  // of each request sent
  std::vector<bool> told;              // whether its reply came
  std::size_t replies = 0;
  bool all_sent = false;
  bool greeted = false;

  // Ends the reading once there is nothing to come.
  void close_if_done() {
    if (all_sent && replies == due.size()) beast::get_lowest_layer(stream).close();
  }
};

class PacedRun {
 public:
  explicit PacedRun(const PacedLoad& load) : load_(load) {
    for (std::uint32_t i = 0; i < load.connections; ++i) connections_.push_back(std::make_unique<PacedConnection>(io_));
  }

  Result<PacedResult> run() {
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      const std::string& greeting = load_.first_messages[std::min(i, load_.first_messages.size() - 1)];
      net::co_spawn(io_, open(*connections_[i], greeting), net::detached);
    }
    io_.run();
    for (const auto& one : connections_) {
      if (!one->greeted)
        return fail(ErrorCode::kNotConnected, {"port ", load_.port, " did not greet every connection"});
    }
    io_.restart();
    start_ = Clock::now();
    end_ = start_ + load_.duration;
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      net::co_spawn(io_, send(*connections_[i], i), net::detached);
      net::co_spawn(io_, receive(*connections_[i]), net::detached);
    }
    net::co_spawn(io_, look(), net::detached);
    io_.run_until(end_ + load_.patience);
    for (const auto& one : connections_) {
      result_.sent += one->due.size();
      result_.astray += one->due.size() - one->replies;
    }
    return std::move(result_);
  }

 private:
  net::awaitable<void> open(PacedConnection& connection, const std::string& greeting) {
    auto& lowest = beast::get_lowest_layer(connection.stream);
    auto [refused] = co_await lowest.async_connect(tcp::endpoint(net::ip::address_v4::loopback(), load_.port), kAwait);
    if (refused) co_return;
    lowest.socket().set_option(tcp::no_delay(true));
    auto& stream = connection.stream;
    stream.auto_fragment(false);
    stream.binary(true);
    stream.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(beast::http::field::sec_websocket_protocol, std::string(wire::kSubprotocol));
    }));
    const std::string host = "127.0.0.1:" + std::to_string(load_.port);
    auto [not_upgraded] = co_await stream.async_handshake(host, "/v1/stream", kAwait);
    if (not_upgraded) co_return;
    auto [unsent, sent] = co_await stream.async_write(net::buffer(greeting), kAwait);
    beast::flat_buffer welcome;
    auto [unheard, heard] = co_await stream.async_read(welcome, kAwait);
    connection.greeted = !unsent && !unheard;
  }

  // The connections take turns, so that requests are evenly spaced.
  net::awaitable<void> send(PacedConnection& connection, std::size_t turn) {
    const auto after = [&](double requests) {
      return start_ + std::chrono::duration_cast<Clock::duration>(
                          std::chrono::duration<double>(requests / load_.requests_per_second));
    };
    std::string message;
    for (std::size_t number = turn;; number += connections_.size()) {
      const auto due = after(static_cast<double>(number));
      if (due >= end_) break;
      connection.pace.expires_at(due);
      co_await connection.pace.async_wait(kAwait);
      connection.due.push_back(due);
      connection.told.push_back(false);
      load_.make_request(connection.due.size(), message);
      auto [error, sent] = co_await connection.stream.async_write(net::buffer(message), kAwait);
      if (error) break;
    }
    connection.all_sent = true;
    connection.close_if_done();
  }

  net::awaitable<void> receive(PacedConnection& connection) {
    beast::flat_buffer buffer;
    for (;;) {
      auto [error, size] = co_await connection.stream.async_read(buffer, kAwait);
      if (error) co_return;
      take(connection, wire::decode({static_cast<const std::byte*>(buffer.data().data()), buffer.size()}));
      buffer.consume(buffer.size());
      connection.close_if_done();
    }
  }

  void take(PacedConnection& connection, const Result<wire::Message>& message) {
    const auto* answer = message ? std::get_if<wire::Answer>(&*message) : nullptr;
    const auto* error = message ? std::get_if<wire::ErrorMessage>(&*message) : nullptr;
    const std::uint64_t id = answer != nullptr ? answer->request_id : error != nullptr ? error->request_id : 0;
    if (id == 0 || id > connection.due.size() || connection.told[id - 1]) {
      ++result_.astray;
      return;
    }
    connection.told[id - 1] = true;
    ++connection.replies;
    if (error != nullptr) {
      ++result_.refusals[error->code];
    } else {
      const auto took = Clock::now() - connection.due[id - 1];
      result_.answers_ms.push_back(std::chrono::duration<float, std::milli>(took).count());
    }
  }

  net::awaitable<void> look() {
    net::steady_timer timer(io_);
    while (load_.look && Clock::now() < end_) {
      load_.look();
      timer.expires_after(kLooks);
      co_await timer.async_wait(kAwait);
    }
  }

  const PacedLoad& load_;
  net::io_context io_{1};
  std::vector<std::unique_ptr<PacedConnection>> connections_;
  Clock::time_point start_;
  Clock::time_point end_;
  PacedResult result_;
};

}  // namespace

Result<PacedResult> run_paced_load(const PacedLoad& load) { return PacedRun(load).run(); }

}  // namespace sluice::server
