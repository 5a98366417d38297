// One connection to the upstream, for one version of one bundle: what waits for it, and what was sent and has no answer yet. The
// handshake, pings, back-off and the version that both ends agree on are pipeline::Link's, as in every client.
// What it takes it gives back in exactly one way: by `answered` (with an answer, or with the upstream's own error about this request), or
// by `returned`, where the upstream would not or could not answer: gone, draining, busy, of another version, or talking nonsense.
// While it is being connected jobs wait; while it backs off they are refused at once. All of it belongs to the I/O thread; callbacks come
// from there and must not end this object.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/pipeline/link.hpp"
#include "server/dispatch/further_server.hpp"
#include "server/upstream/upstream_socket.hpp"
#include "server/upstream/way_probe.hpp"

namespace sluice::server {

struct UpstreamEvents {
  std::function<void(const JobHandle& job, JobResult result, Duration took)> answered;
  std::function<void(const JobHandle& job, const FurtherServer::Refusal& why)> returned;
  // The connection came, or went or could not be had.
  std::function<void(bool ready, const std::string& why)> changed;
  // An answer to a request that had ended here meanwhile.
  std::function<void()> late;
  // Something happened: deadlines may have moved.
  std::function<void()> moved;
};

class UpstreamConnection {
 public:
  UpstreamConnection(boost::asio::io_context& io, const SocketTerms& terms, const pipeline::LinkOptions& link,
                     std::uint64_t server_number, Way& way, const UpstreamEvents& events);
  ~UpstreamConnection();

  // As FurtherServer's.
  std::optional<FurtherServer::Refusal> take(const JobHandle& job, Instant now);
  bool withdraw(const Job& job);
  std::vector<JobHandle> take_all();

  void tick(Instant now);
  Instant next_deadline() const { return link_.next_deadline(); }

  bool ready() const { return link_.state() == pipeline::ConnectionState::kReady; }
  bool given_up() const { return link_.terminal().has_value(); }
  std::size_t jobs() const { return line_.size() + sent_.size(); }
  Instant last_used() const { return last_used_; }

 private:
  struct Sent {
    std::uint64_t id = 0;
    JobHandle job;
    Instant at;
  };

  std::optional<FurtherServer::Refusal> refusal(const Job& job, Instant now) const;
  std::optional<FurtherServer::Refusal> admit(const Job& job, Instant now);
  FurtherServer::Refusal refuse_until(Instant until, Instant now, const std::string& why) const;
  FurtherServer::Refusal too_large() const;
  void receive(const std::string& message);
  void on(const wire::Answer& answer, Instant now);
  void on(const wire::ErrorMessage& error, Instant now);
  std::optional<Sent> take_sent(std::uint64_t id);
  void pump(Instant now);
  void send_waiting(Instant now);
  std::optional<FurtherServer::Refusal> send(const JobHandle& job, Instant now);
  void give_back_all(const std::string& why, std::uint32_t retry_after_ms);
  void give_back_line(const std::string& why, std::uint32_t retry_after_ms);

  const std::string address_;
  const std::uint64_t server_number_;
  Way& way_;
  const UpstreamEvents& events_;
  pipeline::RingQueue<pipeline::ClientEvent> wishes_;
  pipeline::Outbox outbox_;
  pipeline::Link link_;
  UpstreamSocket socket_;
  std::deque<JobHandle> line_;  // behind those that were sent
  std::vector<Sent> sent_;
  std::uint64_t last_id_ = 0;
  Instant held_until_ = Instant::min();  // what the upstream asked for
  Instant last_used_;
  bool was_ready_ = false;
};

}  // namespace sluice::server
