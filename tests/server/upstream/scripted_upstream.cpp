#include "tests/server/upstream/scripted_upstream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <map>
#include <mutex>
#include <thread>

#include "core/wire/codec.hpp"
#include "tests/server/ballast_model.hpp"

namespace sluice::test {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using net::ip::tcp;

}  // namespace

struct ScriptedUpstream::Impl {
  net::io_context io;
  tcp::acceptor acceptor{io, tcp::endpoint(net::ip::address_v4::loopback(), 0)};
  std::mutex mutex;
  tcp::socket* current = nullptr;  // under the mutex
  bool stopping = false;           // so too
  std::thread thread;

  // False where it has to stop.
  bool set_current(tcp::socket* socket) {
    const std::lock_guard lock(mutex);
    current = socket;
    return !stopping;
  }
};

ScriptedUpstream::ScriptedUpstream(Script script) : script_(std::move(script)), impl_(std::make_unique<Impl>()) {
  impl_->thread = std::thread([this] { run(); });
}

ScriptedUpstream::~ScriptedUpstream() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    beast::error_code ignored;
    if (impl_->current != nullptr) impl_->current->shutdown(tcp::socket::shutdown_both, ignored);
  }
  // Wakes accept().
  net::io_context io;
  tcp::socket socket(io);
  beast::error_code ignored;
  socket.connect(impl_->acceptor.local_endpoint(ignored), ignored);
  impl_->thread.join();
}

std::uint16_t ScriptedUpstream::port() const { return impl_->acceptor.local_endpoint().port(); }

void ScriptedUpstream::run() {
  for (;;) {
    beast::error_code error;
    websocket::stream<tcp::socket> socket(impl_->io);
    impl_->acceptor.accept(socket.next_layer(), error);
    if (!impl_->set_current(&socket.next_layer())) return;
    socket.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(beast::http::field::sec_websocket_protocol, std::string(wire::kSubprotocol));
    }));
    if (!error) socket.accept(error);
    if (!error) ++connections_;
    socket.binary(true);
    beast::flat_buffer buffer;
    while (!error) {
      socket.read(buffer, error);
      if (error) break;
      const std::string bytes(static_cast<const char*>(buffer.data().data()), buffer.size());
      buffer.consume(buffer.size());
      const auto heard = wire::decode(as_bytes(bytes));
      if (!heard) break;
      for (const auto& said : script_(*heard)) {
        if (std::holds_alternative<Hangup>(said)) {
          socket.next_layer().close(error);
          error = net::error::eof;
          break;
        }
        std::string out;
        if (const auto* message = std::get_if<wire::Message>(&said)) {
          wire::encode(*message, out);
        } else {
          out = std::get<std::string>(said);
        }
        socket.write(net::buffer(out), error);
        if (error) break;
      }
    }
    if (!impl_->set_current(nullptr)) return;
  }
}

wire::Message welcome_to(const wire::Message& hello) {
  const auto& said = std::get<wire::Hello>(hello);
  wire::Welcome welcome;
  welcome.server = "scripted";
  welcome.bundle = said.bundle;
  welcome.bundle_version = said.bundle_version;
  welcome.limits = {1 << 20, 4, 30'000};
  welcome.encodings = {wire::Encoding::kTensor};
  welcome.inputs = {"input"};
  return welcome;
}

const wire::Request* request_in(const wire::Message& heard) { return std::get_if<wire::Request>(&heard); }

wire::Answer answer_with(std::uint64_t id, float value) {
  constexpr std::int64_t kSide = kBallastSide;
  static std::mutex mutex;
  static std::map<float, std::vector<float>> tensors;  // which stay where they are
  const std::lock_guard lock(mutex);
  auto& values = tensors[value];
  values.assign(std::size_t{3} * kSide * kSide, value);
  wire::Answer answer;
  answer.request_id = id;
  answer.outputs.push_back({"output", {DataType::kFloat32, {1, 3, kSide, kSide}, std::as_bytes(std::span(values))}});
  return answer;
}

}  // namespace sluice::test
