#include "native/bench/link/paced_link.hpp"

#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace sluice::bench {
namespace {

namespace net = boost::asio;
using net::ip::tcp;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);

constexpr std::size_t kSegmentBytes =
    1460;  // of a packet on Ethernet; loopback's own are 64 kB, and its buffers as large
constexpr int kSocketBufferBytes = 8 << 10;
// On a busy machine timers wake late. While the sender has more to send, up to this much of the lost time is made up for; a link
// that stood idle has nothing to make up.
constexpr std::chrono::milliseconds kMakeUp{250};
constexpr std::chrono::milliseconds kIdle{3};
constexpr std::size_t kMinChunksInDelay = 64;

struct Chunk {
  std::array<char, kSegmentBytes> bytes;
  std::size_t size = 0;  // 0: the sender has ended
  SteadyClock::time_point arrives;
};
using Wire = net::experimental::channel<void(boost::system::error_code, std::shared_ptr<Chunk>)>;

// One direction's token bucket, shared by all connections.
class Pace {
 public:
  explicit Pace(std::uint64_t bytes_per_s)
      : bytes_per_s_(std::max<std::uint64_t>(bytes_per_s, 1)), busy_until_(SteadyClock::now()) {}

  // When the link has carried `bytes` more, which came after a wait of `waited`.
  SteadyClock::time_point reserve(std::size_t bytes, SteadyClock::duration waited) {
    const auto ready = SteadyClock::now() - (waited > kIdle ? SteadyClock::duration::zero() : kMakeUp);
    busy_until_ = std::max(busy_until_, ready) + microseconds(bytes * 1'000'000 / bytes_per_s_);
    return busy_until_;
  }

 private:
  const std::uint64_t bytes_per_s_;
  SteadyClock::time_point busy_until_;
};

}  // namespace

struct PacedLink::Impl : std::enable_shared_from_this<PacedLink::Impl> {
  struct Ends {
    Ends(tcp::socket taken, net::io_context& context) : client(std::move(taken)), server(context) {}
    tcp::socket client;
    tcp::socket server;
  };

  Impl(net::io_context& io, const LinkOptions& chosen)
      : context(io), options(chosen), acceptor(io), up(chosen.up_bytes_per_s), down(chosen.down_bytes_per_s) {
    acceptor.open(tcp::v4());
    // Sockets inherit both. The segment's size bounds the client's send buffer too, which the kernel derives from it.
    acceptor.set_option(net::socket_base::receive_buffer_size(kSocketBufferBytes));
    acceptor.set_option(net::detail::socket_option::integer<IPPROTO_TCP, TCP_MAXSEG>(kSegmentBytes));
    acceptor.bind({net::ip::address_v4::loopback(), 0});
    acceptor.listen();
  }

  net::awaitable<void> accept() {
    const auto self = shared_from_this();
    for (;;) {
      auto [failed, client] = co_await acceptor.async_accept(kAwait);
      if (failed) co_return;
      net::co_spawn(context, carry(std::move(client)), net::detached);
    }
  }

  net::awaitable<void> carry(tcp::socket client) {
    const auto self = shared_from_this();
    const auto ends = std::make_shared<Ends>(std::move(client), context);
    ends->server.open(tcp::v4());
    ends->server.set_option(net::socket_base::receive_buffer_size(kSocketBufferBytes));
    const tcp::endpoint server(net::ip::address_v4::loopback(), options.to_port);
    auto [refused] = co_await ends->server.async_connect(server, kAwait);
    if (refused) co_return;
    ends->client.set_option(tcp::no_delay(true));
    ends->server.set_option(tcp::no_delay(true));
    start(ends, true);
    start(ends, false);
  }

  void start(const std::shared_ptr<Ends>& ends, bool upwards) {
    const std::uint64_t rate = upwards ? options.up_bytes_per_s : options.down_bytes_per_s;
    const std::uint64_t in_delay = rate * static_cast<std::uint64_t>(options.delay.count()) / 1000 / kSegmentBytes;
    const auto wire = std::make_shared<Wire>(context, kMinChunksInDelay + in_delay);
    net::co_spawn(context, take(ends, wire, upwards), net::detached);
    net::co_spawn(context, give(ends, wire, upwards), net::detached);
  }

  // From the sender onto the wire, at the link's pace.
  net::awaitable<void> take(std::shared_ptr<Ends> ends, std::shared_ptr<Wire> wire, bool upwards) {
    const auto self = shared_from_this();
    tcp::socket& from = upwards ? ends->client : ends->server;
    net::steady_timer timer(context);
    bool first = true;
    for (;;) {
      const auto chunk = std::make_shared<Chunk>();
      const auto asked = SteadyClock::now();
      auto [ended, size] = co_await from.async_read_some(net::buffer(chunk->bytes), kAwait);
      chunk->size = ended ? 0 : size;
      // What comes first finds the link idle, however short the wait was.
      const auto waited = std::exchange(first, false) ? SteadyClock::duration::max() : SteadyClock::now() - asked;
      timer.expires_at((upwards ? up : down).reserve(chunk->size, waited));
      co_await timer.async_wait(kAwait);
      chunk->arrives =
          SteadyClock::now() + options.delay;  // also of what was carried late: a delay is never made up for
      note(chunk->size, upwards);
      auto [closed] = co_await wire->async_send({}, chunk, kAwait);
      if (ended || closed) co_return;
    }
  }

  // From the wire to the receiver, after the delay.
  net::awaitable<void> give(std::shared_ptr<Ends> ends, std::shared_ptr<Wire> wire, bool upwards) {
    const auto self = shared_from_this();
    tcp::socket& to = upwards ? ends->server : ends->client;
    net::steady_timer timer(context);
    for (;;) {
      auto [closed, chunk] = co_await wire->async_receive(kAwait);
      if (closed) co_return;
      timer.expires_at(chunk->arrives);
      co_await timer.async_wait(kAwait);
      boost::system::error_code ignored;
      if (chunk->size == 0) {
        to.shutdown(tcp::socket::shutdown_send, ignored);
        co_return;
      }
      auto [failed, written] = co_await net::async_write(to, net::buffer(chunk->bytes, chunk->size), kAwait);
      if (!failed) continue;
      // The receiver is gone: the sender learns it as it would from a reset.
      wire->close();
      ends->client.close(ignored);
      ends->server.close(ignored);
      co_return;
    }
  }

  void note(std::size_t bytes, bool upwards) {
    if (bytes == 0) return;
    if (!upwards) {
      carried_down += bytes;
      return;
    }
    const auto unix = std::chrono::system_clock::now().time_since_epoch();
    const std::uint64_t before = carried_up.empty() ? 0 : carried_up.back().bytes;
    carried_up.push_back({std::chrono::duration_cast<microseconds>(unix).count(), before + bytes});
  }

  net::io_context& context;
  const LinkOptions options;
  tcp::acceptor acceptor;
  Pace up;
  Pace down;
  std::vector<Carried> carried_up;
  std::uint64_t carried_down = 0;
};

PacedLink::PacedLink(net::io_context& context, const LinkOptions& options)
    : impl_(std::make_shared<Impl>(context, options)) {
  net::co_spawn(context, impl_->accept(), net::detached);
}

PacedLink::~PacedLink() {
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
}

std::uint16_t PacedLink::port() const { return impl_->acceptor.local_endpoint().port(); }
const std::vector<Carried>& PacedLink::carried_up() const { return impl_->carried_up; }
std::uint64_t PacedLink::carried_down() const { return impl_->carried_down; }

}  // namespace sluice::bench
