#include "core/pipeline/decision_log.hpp"

#include <doctest/doctest.h>

#include "tests/core/pipeline/simulated_network.hpp"

using namespace sluice;
using namespace sluice::pipeline;
using namespace sluice::pipeline::testing;

namespace {

Scenario troubled(std::uint64_t seed) {
  Scenario scenario = calm(seed);
  scenario.frames = 60;
  scenario.client.queue = seed % 2 == 0 ? QueuePolicy::kKeepAll : QueuePolicy::kNewestWins;
  scenario.client.place = seed % 3 == 0 ? ModelPlace::kRemoteElseLocal : ModelPlace::kRemote;
  scenario.client.budget_ms = 400;
  scenario.client.backoff_first_ms = 20;
  scenario.client.jitter_seed = seed;
  scenario.overloaded = 0.2;
  scenario.lost = 0.01;
  scenario.cancelled = 0.1;
  scenario.damaged = seed % 5 == 0 ? 0.05 : 0;
  return scenario;
}

}  // namespace

TEST_CASE("a recorded run is decided again in the same way, to the microsecond") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    const Scenario scenario = troubled(seed);
    const auto network = play(scenario);
    const auto again = replay(network->decisions, faces(), scenario.client, {"skip"});
    if (!again) FAIL(again.error().message);
    REQUIRE(again->size() == network->ends.size());
    for (std::size_t i = 0; i < again->size(); ++i) {
      CHECK((*again)[i].when == network->ends[i].when);
      CHECK((*again)[i].input == network->ends[i].input);
      CHECK((*again)[i].how == network->ends[i].how);
      if (network->ends[i].reason.find("failed") == std::string::npos) {
        CHECK((*again)[i].reason == network->ends[i].reason);
      }
    }
  }
}

TEST_CASE("a replay depends on the log: another verdict is another end") {
  const auto network = play(calm(4));
  std::string changed = network->decisions;
  const std::size_t ask = changed.find(" ask 0 1 ");  // a frame that was skipped
  REQUIRE(ask != std::string::npos);
  changed.replace(ask, 9, " ask 0 0 ");
  const auto again = replay(changed, faces(), calm(4).client, {"skip"});
  REQUIRE(again.has_value());
  std::size_t skipped = 0;
  for (const ReplayedEnd& end : *again) skipped += end.how == "skipped" ? 1 : 0;
  CHECK(skipped + 1 == static_cast<std::size_t>(network->answers[AnswerKind::kSkipped]));
}

TEST_CASE("a log that cannot be read says where") {
  const ClientOptions options;
  for (const char* bad :
       {"start", "x start", "0 begin", "0 message 0", "0 message zz", "0 ask 1 two", "99999999999999999999 tick"}) {
    CAPTURE(bad);
    const auto result = replay(std::string("0 start\n") + bad + "\n", faces(), options, {});
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message == "line 2 of the decision log cannot be read");
  }
  CHECK(replay("", faces(), options, {}).has_value());
}

TEST_CASE("a replay ends where a log was cut off") {
  const auto network = play(calm(4));
  const std::string log = network->decisions + "0 cut-off\nnot a line\n";
  const auto whole = replay(network->decisions, faces(), calm(4).client, {"skip"});
  const auto again = replay(log, faces(), calm(4).client, {"skip"});
  REQUIRE(whole.has_value());
  REQUIRE_MESSAGE(again.has_value(), again.error().message);
  CHECK(again->size() == whole->size());
}
