// A client and a server's sessions over a network that exists only in this object: virtual time, bandwidth, seeded delays,
// lost and refused connections, stalls, overload, damaged bytes. Deterministic for a Scenario. Checks on the way what must always hold and
// collects what did not in `violations`.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/pipeline/client.hpp"
#include "core/pipeline/decision_log.hpp"
#include "core/pipeline/session.hpp"
#include "tests/core/pipeline/bundle_list.hpp"

namespace sluice::pipeline::testing {

struct Scenario {
  std::uint64_t seed = 1;
  std::uint32_t frames = 20;
  std::uint32_t frame_interval_ms = 33;
  std::uint32_t delay_min_ms = 1;  // one way
  std::uint32_t delay_max_ms = 20;
  std::uint64_t up_bytes_per_s = 0;  // what the link carries; 0: as much as there is
  std::uint64_t down_bytes_per_s = 0;
  std::size_t send_buffer_bytes = 0;  // the client's socket takes so many before they count as unsent for the driver
  std::uint32_t stall_from_ms = 0;    // in between the link carries nothing, and nobody is told
  std::uint32_t stall_until_ms = 0;
  std::size_t payload_bytes = 0;  // of a picture at quality 85 and full size; 0: a few
  std::size_t answer_bytes = 0;   // at least
  std::uint32_t encode_max_ms = 4;
  std::uint32_t compute_min_ms = 5;
  std::uint32_t compute_max_ms = 60;  // completions overtake each other
  std::uint32_t local_max_ms = 80;
  double overloaded = 0;  // share of accepted requests that are rejected so
  std::uint32_t retry_after_ms = 40;
  double refused = 0;    // share of connection attempts
  double damaged = 0;    // share of messages, in either direction
  double lost = 0;       // connection breaks at a step
  double cancelled = 0;  // share of frames that the user gives up
  std::int64_t lose_at_step = -1;
  std::int64_t drain_at_step = -1;
  std::int64_t freeze_at_step = -1;  // from then on this connection carries nothing, and nobody is told
  int reads_messages = -1;           // of each connection; then the client's side of the socket takes nothing more
  bool gate = true;                  // false: every frame is needed
  PayloadBounds payload;
  ClientOptions client;
  SessionOptions session;
  BundleList served = {{"faces", "1", {"data"}, {wire::Encoding::kJpeg}}};
};

class SimulatedNetwork final : private DecisionSink {
 public:
  explicit SimulatedNetwork(const Scenario& scenario);
  ~SimulatedNetwork() override;

  void run();  // until every frame has ended

  std::vector<std::string> violations;
  std::map<AnswerKind, int> answers;
  std::map<ErrorCode, int> failures;
  std::map<AuditResult, int> audits;
  std::vector<ConnectionState> states;
  std::optional<Error> last_state_error;
  std::string log;                // one line for each end of a frame and change of state, to compare runs
  std::string decisions;          // the client's decision log
  std::vector<ReplayedEnd> ends;  // what a replay of it must give
  std::int64_t steps = 0;
  int connections = 0;
  int late_results = 0;                 // of requests that were already given up
  int computed = 0;                     // requests that the server ran the model for
  int abandoned = 0;                    // requests that a session gave up before they were computed
  std::map<std::uint16_t, int> closed;  // connections that a session asked to close, by code
  std::uint64_t answered_bytes_up = 0;  // of the requests whose answers came in time
  std::size_t unsent_peak = 0;          // bytes that the client handed over and the link had not carried
  std::vector<Encode> asked;            // how payloads were asked for
  Instant now{};

 private:
  struct Connection;
  struct Direction;
  struct FrameRecord;

  void line(std::string_view text) override;
  void settle();
  void handle(ClientEvent event);
  void handle(Connection& connection, SessionEvent event);
  void send_up(Connection& connection, std::string bytes);
  void send_down(Connection& connection, std::string bytes);
  void deliver(Connection& connection, bool up, std::string bytes);
  Instant carry(Direction& direction, std::uint64_t bytes_per_s, std::uint64_t bytes) const;
  void connect();
  void break_connection();
  void offer_next();
  void ended(InputId frame, const std::string& how, const std::string& reason);
  void check_bounds();
  void note(std::string what);
  std::string damage(std::string bytes);
  bool chance(double share);
  Duration between_ms(std::uint32_t low, std::uint32_t high);
  void at(Instant when, std::function<void()> what);

  const Scenario scenario_;
  std::mt19937_64 random_;
  std::unique_ptr<Client> client_;
  std::multimap<Instant, std::function<void()>> timeline_;
  std::vector<std::unique_ptr<Connection>> connections_;
  Connection* current_ = nullptr;  // as the client sees it
  int attempt_ = 0;
  std::map<InputId, FrameRecord> records_;
  std::set<InputId> audited_;  // answered, their audits to come
  std::uint32_t offered_ = 0;
  std::size_t open_frames_ = 0;
  std::vector<std::uint8_t> pixels_;
};

// What the gate of these tests says: frames whose first byte is below 64 are skipped, of 255 it fails.
inline constexpr std::uint8_t kSkippedBelow = 64;

// Runs a scenario and fails the test, naming the seed, when anything was violated.
std::unique_ptr<SimulatedNetwork> play(const Scenario& scenario);

Scenario calm(std::uint64_t seed = 1);

// Name and version of the bundle that the client holds: faces 1.
Manifest faces();

}  // namespace sluice::pipeline::testing
