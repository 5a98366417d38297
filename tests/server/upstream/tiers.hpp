// Two servers on loopback, the one at the edge with the other as its upstream, and clients of either. The bundle "big" has a model that
// does not fit the edge's memory, "near" one that does, and of "absent" the edge has the manifest alone.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/server/ballast_model.hpp"
#include "tests/server/gated_engine.hpp"
#include "tests/server/test_server.hpp"

namespace sluice::test {

// A server's answer or error, in values.
struct Reply {
  ErrorCode code{};  // none: it was answered
  std::string message;
  std::uint32_t retry_after_ms = 0;
  std::uint64_t id = 0;
  std::uint32_t hops = 0;
  std::uint32_t how = 0;
  float first = 0;  // value of the first output

  bool answered() const { return code == ErrorCode{}; }
};

inline constexpr auto kLongBudget = std::chrono::seconds(25);

// A client of one bundle; its requests bring their number in each value, and have to come back so.
class TierClient {
 public:
  TierClient(std::uint16_t port, const std::string& bundle, const WebSocketClient::Options& options = {});

  const wire::Welcome& welcome() const { return welcome_; }
  std::uint64_t send(Duration budget = kLongBudget, std::vector<std::uint64_t> passed_by = {});
  std::uint64_t send_pixels(Duration budget = kLongBudget);
  void cancel(std::uint64_t id) { socket_.send(wire::Cancel{id}); }
  // The reply to the oldest request without one; a Goodbye is passed over.
  Reply receive();
  Reply ask(Duration budget = kLongBudget, std::vector<std::uint64_t> passed_by = {}) {
    send(budget, std::move(passed_by));
    return receive();
  }
  WebSocketClient& socket() { return socket_; }

 private:
  WebSocketClient socket_;
  wire::Welcome welcome_;
  std::uint64_t sent_ = 0;
};

// Waits until it holds; false when it never does.
bool await(const std::function<bool()>& holds);

std::uint16_t free_port();
inline std::string ws_url(std::uint16_t port) { return "ws://127.0.0.1:" + std::to_string(port); }

void write_ballast(const std::filesystem::path& folder, const std::string& name, std::size_t bytes,
                   const std::string& version = kVersion);

struct Tiers {
  Tiers();
  ~Tiers();
  void start_far(server::ServerOptions options = {}, std::uint16_t port = 0);
  // With the far server as its upstream, unless `options` name another.
  void start_edge(server::ServerOptions options = {});
  void start() {
    start_far();
    start_edge();
  }

  double forwarded(const std::string& outcome) const {
    return edge->metric("sluice_forwarded_requests_total{outcome=\"" + outcome + "\"}");
  }
  double with_upstream() const { return edge->metric("sluice_forwarding_requests"); }

  TemporaryFolder edge_folder;
  TemporaryFolder far_folder;
  std::shared_ptr<Gate> edge_gate = std::make_shared<Gate>();
  std::shared_ptr<Gate> far_gate = std::make_shared<Gate>();
  std::unique_ptr<server::Server> far_server;  // where a port was asked for
  std::unique_ptr<TestServer> far;
  std::unique_ptr<TestServer> edge;
};

}  // namespace sluice::test
