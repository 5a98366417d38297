// The third tier (MODI): the server further up, which answers what this one can't in time. It is asked as any client asks: same
// protocol, same handshake, one connection for each bundle that is passed on, at most max_connections of them, kept for a while. No
// request waits for another bundle's connection, and none has a thread.
//
// Bounded: max_jobs requests at once, each held against the server's ByteBudget a second time, as its message is written anew. A request
// that has passed wire::kMaxHops servers is not passed on again.
// Failure: what the upstream can't answer is given back with a reason and a time; the dispatcher runs it here if its model has come
// meanwhile. Answers are the upstream's for exactly the version that is served here, or there is none.
//
// Owned by the server, outlives the dispatcher; ends before the io_context. Everything belongs to the I/O thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "server/byte_budget.hpp"
#include "server/dispatch/further_server.hpp"
#include "server/log_throttle.hpp"
#include "server/metrics/metrics.hpp"
#include "server/options.hpp"
#include "server/upstream/upstream_connection.hpp"

namespace sluice::server {

// kUnexpectedMessage that names the loop where `request` has been here before; `number` is this server's.
std::optional<Error> loop_of(const wire::Request& request, std::uint64_t number);

class Upstream final : public FurtherServer {
 public:
  struct Back {
    std::function<void(const JobHandle& job, JobResult result)> answered;
    std::function<void(const JobHandle& job, const Refusal& why)> returned;
  };

  // kInvalidArgument, kIoError, kInvalidCertificate: an address, a token file or certificates that can't be used. Connects when the first
  // request is passed on. `number` tells this server from others.
  static Result<std::unique_ptr<Upstream>> create(boost::asio::io_context& io, const ServerOptions& options,
                                                  std::uint64_t number, ByteBudget& held, const Log& log,
                                                  Metrics& metrics, Back back);
  ~Upstream() override;

  std::optional<Refusal> take(const JobHandle& job) override;
  void withdraw(const Job& job, ErrorCode reason) override;
  std::vector<JobHandle> take_all() override;

  // Reads the token anew, and comes back to an upstream that had refused this server for good.
  void reload();

 private:
  using Key = std::pair<std::string, std::string>;  // a bundle and its version
  struct Taken {
    UpstreamConnection* connection = nullptr;
    ByteBudget::Hold copy;
  };
  struct Timer;

  Upstream(boost::asio::io_context& io, const ServerOptions& options, SocketTerms terms, std::uint64_t number,
           ByteBudget& held, const Log& log, Metrics& metrics, Back back);
  std::optional<Refusal> admit(const Job& job, ByteBudget::Hold& copy);
  UpstreamConnection* connection_for(const Job& job);
  bool make_room();
  void gone(const Job& job, ForwardOutcome outcome, Duration took);
  void changed(bool ready, const std::string& why);
  void count();
  void arm_timer();
  void on_time();

  boost::asio::io_context& io_;
  SocketTerms terms_;
  const std::string token_file_;
  const std::uint64_t number_;
  const std::size_t max_jobs_;
  const std::size_t max_connections_;
  ByteBudget& held_;
  LogThrottle log_;
  Metrics& metrics_;
  const Back back_;
  UpstreamEvents events_;
  Way way_;
  std::map<const Job*, Taken> taken_;
  std::map<Key, std::unique_ptr<UpstreamConnection>> connections_;
  std::uint64_t seed_ = 0;  // of the next connection's back-off
  std::unique_ptr<Timer> timer_;
};

}  // namespace sluice::server
