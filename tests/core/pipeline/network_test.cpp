// Client against session over the simulated network: whatever happens to the connection, every frame ends once, in time.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/wire/close_code.hpp"
#include "tests/core/pipeline/simulated_network.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;
using namespace std::chrono_literals;

namespace {

int total(const auto& counts) {
  int sum = 0;
  for (const auto& [key, count] : counts) sum += count;
  return sum;
}

bool reached(const SimulatedNetwork& network, ConnectionState state) {
  return std::find(network.states.begin(), network.states.end(), state) != network.states.end();
}

// Everything that can differ, drawn from the seed.
Scenario varied(std::uint64_t seed) {
  std::mt19937_64 random(seed * 7919);
  const auto pick = [&](std::uint32_t low, std::uint32_t high) {
    return static_cast<std::uint32_t>(low + random() % (high - low + 1));
  };
  Scenario scenario = calm(seed);
  scenario.frames = pick(5, 60);
  scenario.frame_interval_ms = pick(1, 80);
  scenario.delay_max_ms = pick(1, 150);
  scenario.compute_max_ms = pick(5, 300);
  scenario.client.queue = pick(0, 1) == 0 ? QueuePolicy::kNewestWins : QueuePolicy::kKeepAll;
  scenario.client.place = pick(0, 2) == 0 ? ModelPlace::kRemoteElseLocal : ModelPlace::kRemote;
  scenario.client.max_in_flight = pick(1, 6);
  scenario.client.max_waiting = pick(1, 30);
  scenario.client.budget_ms = pick(50, 3000);
  scenario.client.ping_interval_ms = pick(0, 3) == 0 ? 0 : pick(20, 2000);
  scenario.client.pong_timeout_ms = pick(150, 1500);
  scenario.client.handshake_timeout_ms = pick(100, 1000);
  scenario.client.backoff_first_ms = pick(1, 100);
  scenario.client.backoff_max_ms = pick(100, 1000);
  scenario.client.jitter_seed = seed;
  scenario.session.max_in_flight = pick(1, 8);
  scenario.session.max_budget_ms = pick(100, 5000);
  scenario.session.idle_timeout_ms = pick(500, 5000);
  scenario.overloaded = pick(0, 1) * 0.3;
  scenario.retry_after_ms = pick(0, 120);
  scenario.refused = pick(0, 1) * 0.3;
  scenario.lost = pick(0, 1) * 0.01;
  scenario.cancelled = pick(0, 1) * 0.2;
  if (pick(0, 3) == 0) scenario.freeze_at_step = pick(5, 200);
  if (pick(0, 3) == 0) scenario.drain_at_step = pick(5, 200);
  return scenario;
}

}  // namespace

TEST_CASE("over a good network every frame is skipped or answered by the server") {
  Scenario scenario = calm();
  scenario.frames = 100;
  scenario.client.queue = QueuePolicy::kKeepAll;
  const auto network = play(scenario);
  CHECK(network->answers[AnswerKind::kRemote] > 50);
  CHECK(network->answers[AnswerKind::kSkipped] > 10);
  CHECK(total(network->answers) == 100);
  CHECK(network->failures.empty());
  CHECK(network->connections == 1);
}

TEST_CASE("the same scenario gives the same run") {
  for (const std::uint64_t seed : {3U, 14U, 15U, 92U}) {
    const auto first = play(varied(seed));
    CHECK(play(varied(seed))->log == first->log);
    CHECK(play(varied(seed + 1000))->log != first->log);
  }
}

TEST_CASE("live video drops what a newer frame replaces, and says so") {
  Scenario scenario = calm();
  scenario.frames = 200;
  scenario.frame_interval_ms = 5;
  scenario.client.max_in_flight = 1;
  const auto network = play(scenario);
  CHECK(network->failures[ErrorCode::kSuperseded] > 50);
  CHECK(network->answers[AnswerKind::kRemote] > 5);
  CHECK(total(network->answers) + total(network->failures) == 200);
}

TEST_CASE("several hundred networks, all different, break no promise") {
  int answered = 0;
  int late = 0;
  std::map<ErrorCode, int> failures;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const auto network = play(varied(seed));
    answered += network->answers[AnswerKind::kRemote];
    late += network->late_results;
    for (const auto& [code, count] : network->failures) failures[code] += count;
  }
  // The scenarios reach what they are there for.
  CHECK(answered > 1000);
  CHECK(late > 50);
  for (const ErrorCode code : {ErrorCode::kSuperseded, ErrorCode::kDeadlineExpired, ErrorCode::kConnectionLost,
                               ErrorCode::kNotConnected, ErrorCode::kOverloaded, ErrorCode::kCancelled}) {
    CAPTURE(error_name(code));
    CHECK(failures[code] > 0);
  }
}

TEST_CASE("the connection may break at any step") {
  Scenario scenario = calm(5);
  scenario.client.queue = QueuePolicy::kKeepAll;
  scenario.client.budget_ms = 10'000;
  scenario.client.backoff_first_ms = 20;
  const std::int64_t steps = play(scenario)->steps;
  CHECK(steps >= 60);
  int reconnected = 0;
  for (scenario.lose_at_step = 1; scenario.lose_at_step < steps; ++scenario.lose_at_step) {
    const auto network = play(scenario);
    // The budget outlives the outage: frames that were under way are sent again, so none is lost.
    CHECK(network->failures.empty());
    CHECK(total(network->answers) == 20);
    if (network->connections > 1) ++reconnected;
  }
  CHECK(reconnected > steps / 2);
}

TEST_CASE("frames whose budget does not outlive the outage say that the connection was lost") {
  Scenario scenario = calm(6);
  scenario.client.budget_ms = 300;
  scenario.client.backoff_first_ms = 5000;
  scenario.compute_min_ms = 100;
  scenario.compute_max_ms = 110;
  scenario.client.queue = QueuePolicy::kKeepAll;
  scenario.lose_at_step = 30;
  const auto network = play(scenario);
  CHECK(network->failures[ErrorCode::kConnectionLost] > 0);
  CHECK(network->failures[ErrorCode::kNotConnected] > 0);
  REQUIRE(network->last_state_error.has_value());
  CHECK(network->last_state_error->message == "the network broke");
}

TEST_CASE("a server that vanishes without a word is noticed") {
  Scenario scenario = calm(7);
  scenario.frames = 100;
  scenario.client.queue = QueuePolicy::kKeepAll;
  scenario.client.budget_ms = 20'000;
  scenario.client.ping_interval_ms = 200;
  scenario.client.pong_timeout_ms = 300;
  scenario.freeze_at_step = 40;
  const auto network = play(scenario);
  CHECK(network->connections == 2);
  CHECK(total(network->answers) == 100);
  REQUIRE(network->last_state_error.has_value());
  CHECK(network->last_state_error->code == ErrorCode::kConnectionLost);
}

TEST_CASE("overloaded requests are retried on the same connection until they are served") {
  Scenario scenario = calm(8);
  scenario.frames = 60;
  scenario.overloaded = 0.5;
  scenario.client.queue = QueuePolicy::kKeepAll;
  scenario.client.budget_ms = 60'000;
  scenario.session.max_budget_ms = 60'000;
  const auto network = play(scenario);
  CHECK(total(network->answers) == 60);
  CHECK(network->connections == 1);

  scenario.client.budget_ms = 200;
  scenario.retry_after_ms = 1000;  // beyond every budget
  const auto hurried = play(scenario);
  CHECK(hurried->failures[ErrorCode::kOverloaded] > 0);
  CHECK(hurried->connections == 1);
}

TEST_CASE("a draining server finishes what it accepted and the client returns") {
  Scenario scenario = calm(9);
  scenario.frames = 60;
  scenario.client.queue = QueuePolicy::kKeepAll;
  scenario.client.budget_ms = 20'000;
  for (scenario.drain_at_step = 1; scenario.drain_at_step < 150; ++scenario.drain_at_step) {
    const auto network = play(scenario);
    CHECK(network->failures.empty());
    CHECK(total(network->answers) == 60);
    if (scenario.drain_at_step > 10) CHECK(network->connections == 2);
  }
}

TEST_CASE("a mismatch names both versions; only one of bundles ends the attempts") {
  Scenario scenario = calm(10);
  scenario.served = {{"faces", "2"}};
  const auto network = play(scenario);
  CHECK(network->connections > 1);
  CHECK(network->answers[AnswerKind::kRemote] == 0);
  CHECK(network->answers[AnswerKind::kSkipped] > 0);  // the gate needs no server
  CHECK(network->failures[ErrorCode::kNotConnected] > 0);
  REQUIRE(network->last_state_error.has_value());
  CHECK(network->last_state_error->message == "the client holds version '1' of bundle 'faces', the server version '2'");

  scenario.served = {{"cats", "1"}, {"dogs", "1"}};
  const auto unknown = play(scenario);
  CHECK(unknown->failures[ErrorCode::kUnknownBundle] > 0);
  CHECK(unknown->last_state_error->message == "no bundle 'faces' here; served: cats, dogs");
}

TEST_CASE("without a server the full model runs on this device, where there is one") {
  Scenario scenario = calm(11);
  scenario.served = {{"faces", "2"}};
  scenario.client.place = ModelPlace::kRemoteElseLocal;
  const auto mismatch = play(scenario);
  CHECK(mismatch->answers[AnswerKind::kLocal] > 5);
  CHECK(reached(*mismatch, ConnectionState::kStopped));

  scenario.served = calm(11).served;
  scenario.frames = 120;
  scenario.lose_at_step = 200;
  scenario.client.backoff_first_ms = 500;
  const auto outage = play(scenario);
  CHECK(outage->answers[AnswerKind::kLocal] > 3);
  CHECK(outage->answers[AnswerKind::kRemote] > 20);

  scenario.client.place = ModelPlace::kLocal;
  const auto local = play(scenario);
  CHECK(local->connections == 0);
  CHECK(local->answers[AnswerKind::kLocal] > 20);
}

TEST_CASE("a client that stops reading is closed, its requests are given up, and it comes back") {
  Scenario scenario = calm(12);
  scenario.frames = 120;
  scenario.client.queue = QueuePolicy::kKeepAll;
  scenario.client.budget_ms = 20'000;
  scenario.client.ping_interval_ms = 0;  // else the silence is noticed first
  scenario.client.backoff_first_ms = 20;
  scenario.compute_min_ms = 5;
  scenario.compute_max_ms = 400;
  scenario.answer_bytes = 1000;
  scenario.session.max_unsent_bytes = 2500;
  scenario.reads_messages = 40;  // of each connection: the welcome and 39 answers
  const auto network = play(scenario);
  CHECK(network->closed[wire::kClosePolicy] >= 2);
  CHECK(network->connections == network->closed[wire::kClosePolicy] + 1);
  CHECK(network->abandoned > 0);
  // Frames whose answers were not read are asked about again; all are answered in the end.
  CHECK(network->failures.empty());
  CHECK(total(network->answers) == 120);

  scenario.session.max_unsent_bytes = std::size_t{8} << 20;
  scenario.reads_messages = -1;
  const auto reader = play(scenario);
  CHECK(reader->closed.empty());
  CHECK(reader->connections == 1);
}

TEST_CASE("damaged bytes in either direction end no frame twice and lose none") {
  int survived = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Scenario scenario = varied(seed);
    scenario.damaged = seed % 2 == 0 ? 0.05 : 0.5;
    survived += play(scenario)->answers[AnswerKind::kRemote];
  }
  CHECK(survived > 100);
}

namespace {

// More frames than the link carries, each of them needed.
Scenario thin(std::uint64_t bits_per_s, std::uint32_t round_trip_ms, std::uint32_t seconds = 60) {
  Scenario scenario = calm(21);
  scenario.up_bytes_per_s = scenario.down_bytes_per_s = bits_per_s / 8;
  scenario.delay_min_ms = round_trip_ms / 2;
  scenario.delay_max_ms = round_trip_ms / 2 + 5;
  scenario.frame_interval_ms = bits_per_s > 4'000'000 ? 30 : 66;
  scenario.frames = seconds * 1000 / scenario.frame_interval_ms;
  scenario.payload_bytes = 45'000;
  scenario.encode_max_ms = 10;
  scenario.compute_max_ms = 25;
  scenario.gate = false;
  return scenario;
}

double goodput(const SimulatedNetwork& network, const Scenario& scenario) {
  const double seconds = static_cast<double>(network.now.time_since_epoch().count()) * 1e-6;
  return static_cast<double>(network.answered_bytes_up) / (static_cast<double>(scenario.up_bytes_per_s) * seconds);
}

int in_vain(SimulatedNetwork& network) { return network.computed - network.answers[AnswerKind::kRemote]; }

}  // namespace

TEST_CASE("a thin link is filled with the freshest frames, and none is computed in vain") {
  for (const std::uint64_t bits_per_s : {270'000U, 1'000'000U, 2'000'000U, 6'000'000U}) {
    for (const std::uint32_t round_trip_ms : {20U, 200U}) {
      for (const std::size_t send_buffer_bytes : {0U, 48'000U}) {  // what a native driver sees, and what a page does
        CAPTURE(bits_per_s);
        CAPTURE(round_trip_ms);
        CAPTURE(send_buffer_bytes);
        Scenario scenario = thin(bits_per_s, round_trip_ms);
        scenario.send_buffer_bytes = send_buffer_bytes;
        const auto network = play(scenario);
        CHECK(goodput(*network, scenario) > 0.9);
        CHECK(in_vain(*network) == 0);
        CHECK(network->failures[ErrorCode::kDeadlineExpired] <= 1);
        CHECK(network->unsent_peak < 3 * scenario.payload_bytes);
      }
    }
  }
}

TEST_CASE("a busy page fills a fast and long link: what is being made or comes back takes no place at the server") {
  Scenario scenario = thin(6'000'000, 200);
  scenario.send_buffer_bytes = 48'000;
  scenario.delay_max_ms = scenario.delay_min_ms + 60;
  scenario.encode_max_ms = 120;
  scenario.compute_max_ms = 120;
  const auto network = play(scenario);
  CHECK(goodput(*network, scenario) > 0.9);
  CHECK(in_vain(*network) == 0);
}

TEST_CASE("quality and size follow the link within the bundle's bounds") {
  Scenario scenario = thin(64'000, 50);
  scenario.payload = {50, 80, 0.5F};
  const auto network = play(scenario);
  REQUIRE(network->asked.size() > 10);
  CHECK(network->asked.front().jpeg_quality == 50);  // nothing is known of the link yet
  CHECK(network->asked.front().scale == 1);
  CHECK(network->asked.back().jpeg_quality == 50);
  CHECK(network->asked.back().scale < 1);
  for (const Encode& encode : network->asked) {
    CHECK(encode.jpeg_quality >= 50);
    CHECK(encode.scale >= 0.5F);
  }
  CHECK(goodput(*network, scenario) > 0.8);
  CHECK(in_vain(*network) <= 2);  // the first ones tell how thin the link is

  scenario = thin(20'000'000, 50, 10);
  const auto wide = play(scenario);
  REQUIRE(wide->asked.size() > 100);
  for (std::size_t i = 10; i < wide->asked.size(); ++i) CHECK(wide->asked[i].jpeg_quality == 85);
}

TEST_CASE("a link that stalls for a minute and comes back") {
  Scenario scenario = thin(1'000'000, 50, 120);
  scenario.stall_from_ms = 20'000;
  scenario.stall_until_ms = 80'000;
  for (const std::uint32_t ping_interval_ms : {0U, 10'000U}) {
    for (const std::size_t send_buffer_bytes : {0U, 48'000U}) {
      for (const QueuePolicy queue : {QueuePolicy::kNewestWins, QueuePolicy::kKeepAll}) {
        CAPTURE(ping_interval_ms);
        CAPTURE(send_buffer_bytes);
        CAPTURE(static_cast<int>(queue));
        scenario.client.ping_interval_ms = ping_interval_ms;
        scenario.client.queue = queue;
        scenario.send_buffer_bytes = send_buffer_bytes;
        // That every frame ends once and by its deadline is what play() checks of all networks.
        const auto network = play(scenario);
        // What the socket takes, what may wait for it before another payload is asked for, and that payload.
        CHECK(network->unsent_peak <=
              send_buffer_bytes + scenario.client.max_unsent_bytes + scenario.payload_bytes + 1000);
        CHECK(in_vain(*network) <= static_cast<int>(scenario.client.max_in_flight));  // those that were under way
        int during = 0;
        Instant first_after = kNever;
        for (const ReplayedEnd& end : network->ends) {
          if (end.how != kind_name(AnswerKind::kRemote)) continue;
          if (end.when >= Instant{} + 21s && end.when < Instant{} + 80s) ++during;
          if (end.when >= Instant{} + 80s) first_after = std::min(first_after, end.when);
        }
        CHECK(during == 0);
        // A connection that stands goes on at once; one that was given up is made again within the longest back-off, whose jitter
        // is a fifth, and a handshake.
        CHECK(first_after < Instant{} + 80s + (ping_interval_ms == 0 ? 3s : 24s));
        // 20 s before and 40 s after at 125 kB/s, less that back-off.
        CHECK(static_cast<double>(network->answered_bytes_up) > (ping_interval_ms == 0 ? 0.85 : 0.6) * 60 * 125'000);
      }
    }
  }
}

TEST_CASE("large answers on a thin link") {
  Scenario scenario = thin(1'000'000, 50);
  scenario.answer_bytes = 90'000;
  const auto network = play(scenario);
  CHECK(in_vain(*network) == 0);
  CHECK(network->answers[AnswerKind::kRemote] > 0.75 * 60 * 125'000 / 90'000);
}
