// Two servers behind a balancer are restarted one after the other, as an operator brings out a new version, while clients ask
// through it without a pause: no frame is lost and none answered twice.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <map>
#include <thread>

#include "native/client/gate.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/client/grey_frame.hpp"
#include "tests/native/client/tcp_balancer.hpp"
#include "tests/native/server_program.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::client;
using namespace std::chrono_literals;
using sluice::test::GreyFrame;
using sluice::test::ServerProgram;
using sluice::test::TcpBalancer;
using sluice::test::TemporaryFolder;

namespace {

constexpr std::size_t kClients = 4;
constexpr std::size_t kUnderWay = 8;  // frames of each client
constexpr auto kPatience = 60s;

// A client that always has frames under way, on a thread of its own, until it is told to finish those.
class Asker {
 public:
  Asker(const std::filesystem::path& bundle, int port) {
    GateOptions options;
    options.server = "ws://127.0.0.1:" + std::to_string(port);
    options.ask_filter = false;
    options.pipeline.queue = pipeline::QueuePolicy::kKeepAll;
    options.pipeline.budget_ms = 60'000;
    options.pipeline.backoff_first_ms = 20;
    options.pipeline.backoff_max_ms = 200;
    options.on_connection = [this](const ConnectionStatus& status) {
      if (status.state == pipeline::ConnectionState::kReady) ++connections_;
    };
    auto gate = Gate::open(bundle, options);
    REQUIRE(gate);
    gate_ = std::move(*gate);
    thread_ = std::thread([this] { ask(); });
  }
  ~Asker() { finish(); }

  void finish() {
    finishing_ = true;
    if (thread_.joinable()) thread_.join();
  }

  int answered() const { return answered_; }
  int connections() const { return connections_; }
  // Read after finish(): frames that nothing came for, and what is wrong with what came.
  const std::map<pipeline::InputId, int>& waiting() const { return waiting_; }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  void ask() {
    int number = 0;
    while (problems_.empty() && !(finishing_ && waiting_.empty())) {
      if (!finishing_ && waiting_.size() < kUnderWay) {
        const int level = ++number % 250;
        const auto id = gate_->submit(GreyFrame(level, 64, 48).view());
        if (!id) return problems_.push_back("not taken: " + describe(id.error()));
        waiting_[*id] = level;
      } else if (const auto outcome = gate_->next_outcome(kPatience)) {
        take(*outcome);
      } else {
        return problems_.push_back("nothing came");
      }
    }
    // Nothing comes twice.
    if (gate_->next_outcome(0ms)) problems_.push_back("more came than was asked for");
  }

  void take(const Outcome& outcome) {
    const auto* answer = std::get_if<pipeline::Answer>(&outcome);
    if (answer == nullptr) return problems_.push_back(describe(std::get<pipeline::Failed>(outcome).error));
    const auto asked = waiting_.find(answer->input);
    if (asked == waiting_.end()) return problems_.push_back("a frame was answered that was not waiting");
    const float mean = answer->outputs.at(0).tensor.as<float>()[1];
    if (std::abs(mean - static_cast<float>(asked->second)) >= 3) problems_.push_back("another frame's answer");
    waiting_.erase(asked);
    ++answered_;
  }

  std::atomic<bool> finishing_ = false;
  std::atomic<int> answered_ = 0;
  std::atomic<int> connections_ = 0;
  std::map<pipeline::InputId, int> waiting_;  // and the frame's level
  std::vector<std::string> problems_;
  std::unique_ptr<Gate> gate_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("two servers behind a balancer are restarted in turn under load, and every frame is answered once") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  const auto start = [&](int port) {
    return std::make_unique<ServerProgram>(folder.path().string(), port,
                                           std::vector<std::string>{"--reconnect-after-ms", "20"});
  };
  std::vector<std::unique_ptr<ServerProgram>> servers;
  for (int i = 0; i < 2; ++i) servers.push_back(start(0));
  const std::vector<int> ports = {servers[0]->port(), servers[1]->port()};
  const TcpBalancer balancer(ports);
  std::vector<std::unique_ptr<Asker>> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<Asker>(folder.path() / "bright", balancer.port()));
  }
  // Until each client has had another few answers, whoever serves now.
  const auto go_on = [&] {
    for (const auto& client : clients) {
      const int before = client->answered();
      const auto until = std::chrono::steady_clock::now() + kPatience;
      while (client->answered() < before + 20) {
        REQUIRE_MESSAGE(std::chrono::steady_clock::now() < until, "a client gets no answers any more");
        std::this_thread::sleep_for(1ms);
      }
    }
  };

  go_on();
  for (std::size_t i = 0; i < servers.size(); ++i) {
    CAPTURE(i);
    const int with_the_other = balancer.forwarded(1 - i);
    servers[i]->process().signal(SIGTERM);
    CHECK(servers[i]->process().wait(kPatience) == 0);
    const std::string log = servers[i]->process().output() + servers[i]->process().errors();
    CHECK_MESSAGE(test::contains(log, "cut_off_connections=0"), log);
    go_on();
    CHECK(balancer.forwarded(1 - i) > with_the_other);  // where those went that it had served
    servers[i] = start(ports[i]);
    go_on();
  }
  for (const auto& client : clients) {
    client->finish();
    for (const std::string& problem : client->problems()) FAIL_CHECK(problem);
    CHECK(client->waiting().empty());
    CHECK(client->connections() >= 2);
  }
}
