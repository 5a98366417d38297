#include "server/bench/websocket_peers.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <string_view>
#include <thread>

#include "server/await.hpp"

namespace sluice::server {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using net::ip::tcp;
using Clock = std::chrono::steady_clock;
using Stream = websocket::stream<beast::tcp_stream>;

void configure(Stream& stream) {
  beast::get_lowest_layer(stream).socket().set_option(tcp::no_delay(true));
  stream.auto_fragment(false);
  stream.binary(true);
}

net::awaitable<void> echo(tcp::socket socket) {
  Stream stream(std::move(socket));
  configure(stream);
  auto [failed] = co_await stream.async_accept(kAwait);
  if (failed) co_return;
  beast::flat_buffer buffer;
  for (;;) {
    auto [read_error, read] = co_await stream.async_read(buffer, kAwait);
    if (read_error) co_return;
    auto [write_error, written] = co_await stream.async_write(buffer.data(), kAwait);
    if (write_error) co_return;
    buffer.consume(buffer.size());
  }
}

net::awaitable<void> accept_all(tcp::acceptor& acceptor) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (error) co_return;
    net::co_spawn(acceptor.get_executor(), echo(std::move(socket)), net::detached);
  }
}

struct Run {
  const LoadOptions& options;
  Clock::time_point start{};
  Clock::time_point end{};
  std::uint32_t ready = 0;
  std::vector<float> latencies_us{};
  std::string failure{};
};

net::awaitable<void> ask(net::io_context& io, Run& run, net::io_context::executor_type executor) {
  Stream stream(executor);
  co_await beast::get_lowest_layer(stream).async_connect(
      tcp::endpoint(net::ip::address_v4::loopback(), run.options.port), net::use_awaitable);
  configure(stream);
  stream.set_option(websocket::stream_base::decorator(
      [](websocket::request_type& request) { request.set(beast::http::field::sec_websocket_protocol, "sluice.v1"); }));
  co_await stream.async_handshake("127.0.0.1:" + std::to_string(run.options.port), "/v1/stream", net::use_awaitable);
  beast::flat_buffer buffer;
  std::string message = run.options.first_message;
  if (!message.empty()) {
    co_await stream.async_write(net::buffer(message), net::use_awaitable);
    co_await stream.async_read(buffer, net::use_awaitable);
    buffer.consume(buffer.size());
  }
  // The clock starts when the last connection stands.
  if (++run.ready == run.options.connections) {
    run.start = Clock::now();
    run.end = run.start + run.options.duration;
  }
  std::string answer;
  std::uint64_t id = 0;
  std::deque<Clock::time_point> under_way;
  while (run.failure.empty()) {
    while (under_way.size() < run.options.in_flight) {
      run.options.make_request(++id, message);
      const auto now = Clock::now();
      if (run.ready == run.options.connections && now >= run.end) break;
      under_way.push_back(now);
      co_await stream.async_write(net::buffer(message), net::use_awaitable);
    }
    if (under_way.empty()) break;
    const auto asked = under_way.front();
    under_way.pop_front();
    co_await stream.async_read(buffer, net::use_awaitable);
    const auto answered = Clock::now();
    answer.assign(static_cast<const char*>(buffer.data().data()), buffer.size());
    buffer.consume(buffer.size());
    if (!run.options.check_answer(answer)) run.failure = "a wrong answer";
    if (run.ready == run.options.connections && asked >= run.start) {
      run.latencies_us.push_back(std::chrono::duration<float, std::micro>(answered - asked).count());
    }
  }
  if (!run.failure.empty()) io.stop();
  co_await stream.async_close(websocket::close_code::normal, kAwait);
}

double percentile(std::vector<float>& values, double fraction) {
  if (values.empty()) return 0;
  const auto place = static_cast<std::ptrdiff_t>(fraction * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return static_cast<double>(values[static_cast<std::size_t>(place)]);
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// A binary frame as clients send it, masked with zeros.
std::string masked_frame(const std::string& message) {
  std::string frame{'\x82', static_cast<char>(0x80 | std::min<std::size_t>(message.size(), 126))};
  if (message.size() >= 126)
    frame += {static_cast<char>(message.size() >> 8U), static_cast<char>(message.size() & 0xFFU)};
  return frame + std::string(4, '\0') + message;
}

// A greeted connection, or -1.
int open_idle(std::uint16_t port, const std::string& greeting) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string upgrade =
      "GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
      "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: sluice.v1\r\n\r\n";
  std::array<char, 4096> answer{};
  const auto hears = [&] { return ::recv(socket, answer.data(), answer.size(), 0) > 0; };
  if (socket >= 0 && ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      send_all(socket, upgrade) && hears() && std::string_view(answer.data(), 12) == "HTTP/1.1 101" &&
      send_all(socket, masked_frame(greeting)) && hears()) {
    return socket;
  }
  if (socket >= 0) ::close(socket);
  return -1;
}

}  // namespace

struct EchoServer::Impl {
  net::io_context io{1};
  tcp::acceptor acceptor{io, tcp::endpoint(net::ip::address_v4::loopback(), 0)};
  std::thread thread;
};

EchoServer::EchoServer() : impl_(std::make_unique<Impl>()) {
  net::co_spawn(impl_->io, accept_all(impl_->acceptor), net::detached);
  impl_->thread = std::thread([io = &impl_->io] { io->run(); });
}

EchoServer::~EchoServer() {
  impl_->io.stop();
  impl_->thread.join();
}

std::uint16_t EchoServer::port() const { return impl_->acceptor.local_endpoint().port(); }

Result<IdleConnections> IdleConnections::open(std::uint16_t port, const std::string& greeting, int count) {
  IdleConnections held;
  for (int i = 0; i < count; ++i) {
    const int socket = open_idle(port, greeting);
    if (socket < 0) {
      return fail(ErrorCode::kConnectionLost, {"connection ", std::to_string(i + 1), " of ", std::to_string(count),
                                               " was refused; `ulimit -n` must allow twice as many files"});
    }
    held.sockets_.push_back(socket);
  }
  return held;
}

IdleConnections::~IdleConnections() {
  for (const int socket : sockets_) ::close(socket);
}

Result<LoadResult> run_load(const LoadOptions& options) {
  net::io_context io{1};
  Run run{options};
  for (std::uint32_t i = 0; i < options.connections; ++i) {
    net::co_spawn(io, ask(io, run, io.get_executor()), [&run, &io](std::exception_ptr problem) {
      if (!problem) return;
      try {
        std::rethrow_exception(problem);
      } catch (const std::exception& error) {
        run.failure = error.what();
      }
      io.stop();
    });
  }
  io.run();
  if (!run.failure.empty())
    return fail(ErrorCode::kConnectionLost, "port " + std::to_string(options.port) + ": " + run.failure);
  LoadResult result;
  const auto seconds = std::chrono::duration<double>(options.duration).count();
  result.requests_per_second = static_cast<double>(run.latencies_us.size()) / seconds;
  result.p50_ms = percentile(run.latencies_us, 0.50) / 1000;
  result.p99_ms = percentile(run.latencies_us, 0.99) / 1000;
  return result;
}

}  // namespace sluice::server
