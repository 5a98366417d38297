// Client against session over the simulated network: whatever happens to the connection, every frame ends once, in time.
#include <doctest/doctest.h>

#include <algorithm>

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
  scenario.client.budget_ms = 120;
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

TEST_CASE("a mismatch names both versions and ends the attempts") {
  Scenario scenario = calm(10);
  scenario.served = {{"faces", "2"}};
  const auto network = play(scenario);
  CHECK(network->connections == 1);
  CHECK(network->answers[AnswerKind::kRemote] == 0);
  CHECK(network->answers[AnswerKind::kSkipped] > 0);  // the gate needs no server
  CHECK(network->failures[ErrorCode::kBundleVersionMismatch] > 0);
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

TEST_CASE("a client that does not read is closed, and its requests are given up") {
  Scenario scenario = calm(12);
  scenario.frames = 40;
  scenario.client.budget_ms = 100;
  scenario.client.handshake_timeout_ms = 60'000;
  scenario.session.max_unsent_bytes = 200;
  // Only the handshake's answer is under way when the client stops reading: it never becomes ready.
  scenario.reads_answers = false;
  const auto network = play(scenario);
  CHECK(network->answers[AnswerKind::kRemote] == 0);
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
