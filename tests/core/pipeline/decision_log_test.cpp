#include "core/pipeline/decision_log.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/pipeline/decision_halves.hpp"
#include "core/wire/codec.hpp"
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

Result<std::vector<ReplayedEnd>> replayed(std::string_view log, const ReplayedRun& run) {
  std::vector<ReplayedEnd> ends;
  if (auto done = replay(log, faces(), run, [&](const ReplayedEnd& end) { ends.push_back(end); }); !done)
    return fail(done.error());
  return ends;
}

void check_same(const std::vector<ReplayedEnd>& again, const SimulatedNetwork& network) {
  REQUIRE(again.size() == network.ends.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    CHECK(again[i].when == network.ends[i].when);
    CHECK(again[i].input == network.ends[i].input);
    CHECK(again[i].how == network.ends[i].how);
  }
}

}  // namespace

TEST_CASE("a recorded run is decided again in the same way, to the microsecond") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    const Scenario scenario = troubled(seed);
    const auto network = play(scenario);
    const auto again = replayed(network->decisions, {scenario.client, {"skip"}});
    if (!again) FAIL(again.error().message);
    check_same(*again, *network);
    for (std::size_t i = 0; i < again->size(); ++i) {
      if (network->ends[i].reason.find("failed") == std::string::npos) {
        CHECK((*again)[i].reason == network->ends[i].reason);
      }
    }
  }
}

TEST_CASE(
    "under a live promise too, with audits on links that break, before servers that refuse, and where the model runs "
    "here") {
  std::map<AuditResult, int> audits;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Scenario scenario = troubled(seed);
    scenario.frames = 150;
    scenario.client.live_promise = true;
    scenario.client.promise.audits.share = 0.4;
    scenario.client.promise.audits.seed = seed;
    scenario.client.audit_budget_ms = seed % 4 == 0 ? 60 : 2000;
    scenario.client.max_waiting_audits = static_cast<std::uint32_t>(1 + seed % 5);
    const auto network = play(scenario);
    for (const auto& [result, count] : network->audits) audits[result] += count;
    const auto again = replayed(network->decisions, {scenario.client, {"skip"}});
    if (!again) FAIL(again.error().message);
    check_same(*again, *network);
  }
  CHECK(audits[AuditResult::kWrong] > 20);
  CHECK(audits[AuditResult::kFailed] > 20);
}

TEST_CASE("a replay depends on the log: another verdict is another end") {
  const auto network = play(calm(4));
  std::string changed = network->decisions;
  const std::size_t ask = changed.find(" ask 0 1 ");  // a frame that was skipped
  REQUIRE(ask != std::string::npos);
  changed.replace(ask, 9, " ask 0 0 ");
  const auto again = replayed(changed, {calm(4).client, {"skip"}});
  REQUIRE(again.has_value());
  std::size_t skipped = 0;
  for (const ReplayedEnd& end : *again) skipped += end.how == "skipped" ? 1 : 0;
  CHECK(skipped + 1 == static_cast<std::size_t>(network->answers[AnswerKind::kSkipped]));
}

TEST_CASE("a log that cannot be read says where") {
  for (const char* bad :
       {"start", "x start", "0 begin", "0 message 0", "0 message zz", "0 ask 1 two", "99999999999999999999 tick"}) {
    CAPTURE(bad);
    for (const std::size_t first : {std::size_t{1}, std::size_t{7}}) {
      const auto result = replayed(std::string("0 start\n") + bad + "\n", {{}, {}, first});
      REQUIRE_FALSE(result.has_value());
      CHECK(result.error().message == "line " + std::to_string(first + 1) + " of the decision log cannot be read");
    }
  }
  CHECK(replayed("", {}).has_value());
}

TEST_CASE(
    "a payload's line without the size of a trace context is of one without; another size than a context has is none") {
  const std::string start = "0 target 0 0\n0 start\n";
  CHECK(replayed(start + "0 payload 1 3 100\n0 payload 1 3 100 0\n0 payload 1 3 100 55\n", {{}, {"skip"}}).has_value());
  CHECK_FALSE(replayed(start + "0 payload 1 3 100 54\n", {{}, {"skip"}}).has_value());
}

TEST_CASE("a replay ends where a log was cut off") {
  const auto network = play(calm(4));
  const std::string log = network->decisions + "0 cut-off\nnot a line\n";
  const auto whole = replayed(network->decisions, {calm(4).client, {"skip"}});
  const auto again = replayed(log, {calm(4).client, {"skip"}});
  REQUIRE(whole.has_value());
  REQUIRE_MESSAGE(again.has_value(), again.error().message);
  CHECK(again->size() == whole->size());
}

TEST_CASE("a log with the line ends of Windows, or empty lines at its end, is the same log") {
  const auto network = play(calm(4));
  std::string windows;
  for (const char c : network->decisions) windows += c == '\n' ? "\r\n" : std::string(1, c);
  const auto whole = replayed(network->decisions, {calm(4).client, {"skip"}});
  REQUIRE(whole.has_value());
  for (const std::string& log : {windows, windows + "0 cut-off\r\n", network->decisions + "\n\n", windows + "\r\n"}) {
    const auto again = replayed(log, {calm(4).client, {"skip"}});
    REQUIRE_MESSAGE(again.has_value(), again.error().message);
    CHECK(again->size() == whole->size());
  }
  CHECK_FALSE(replayed("0 start\n\n0 tick\n", {}).has_value());
}

TEST_CASE("a log whose questions may spend nobody knows what is refused") {
  CHECK(replayed("0 target 0 0\n0 ask 0 0 0 0\n0 offer 0 8 8 0\n", {{}, {"skip"}}).has_value());
  CHECK(replayed("0 start\n0 ask 0 0 0 0\n0 offer 0 8 8 0\n", {{}, {"skip"}}).error().message ==
        "line 3 of the decision log offers an input before a line 'target' says what the questions may spend");
  for (const char* target : {"0 target 0", "0 target 0 0 0"}) {
    CHECK(replayed(target, {{}, {"skip"}}).error().message ==
          "line 1 of the decision log does not give a target and what each question may spend of it");
  }
}

TEST_CASE("what a log makes the client hold is bounded, whatever limits it gives itself") {
  const auto refused = [](const std::string& log, const std::string& why) {
    ReplayedRun run{{}, {"skip"}};
    run.options.queue = QueuePolicy::kKeepAll;
    run.options.max_in_flight = std::numeric_limits<std::uint32_t>::max();
    run.options.max_waiting = std::numeric_limits<std::uint32_t>::max();
    run.options.budget_ms = std::numeric_limits<std::uint32_t>::max();
    run.options.max_message_bytes = std::numeric_limits<std::size_t>::max();
    run.options.max_unsent_bytes = std::numeric_limits<std::size_t>::max();
    const auto result = replayed("0 target 0 0\n" + log, run);
    REQUIRE_FALSE(result.has_value());
    CHECK_MESSAGE(result.error().message.find(why) != std::string::npos, result.error().message);
  };
  // More verdicts than questions, and more numbers than any line has.
  refused("0 ask 0 0 0 0\n0 ask 0 0 0 0\n", "line 3 of the decision log cannot be read");
  refused("0 ask-failed 0 1\n0 ask-failed 0 1\n", "line 3 of the decision log cannot be read");
  refused("0 tick" + std::string(40, ' ') + "\n", "cannot be read");
  std::string numbers = "0 target";
  for (int i = 0; i < 100'000; ++i) numbers += " 0";
  refused(numbers + "\n", "cannot be read");

  // A server that sets no limit either, and payloads that the network never takes.
  wire::Welcome welcome;
  welcome.protocol = wire::kProtocolVersion;
  welcome.bundle = faces().name;
  welcome.bundle_version = faces().version;
  welcome.limits = {std::numeric_limits<std::uint32_t>::max(), std::numeric_limits<std::uint32_t>::max(),
                    std::numeric_limits<std::uint32_t>::max()};
  welcome.encodings = {wire::Encoding::kJpeg};
  std::string bytes;
  wire::encode(welcome, bytes);
  std::string connected = "0 start\n0 connected\n0 message ";
  for (const char c : bytes) {
    for (const int digit : {static_cast<unsigned char>(c) >> 4, c & 15}) connected += "0123456789abcdef"[digit];
  }
  connected += '\n';
  const auto offers = [&](int count) {
    std::string log = connected;
    for (int i = 0; i < count; ++i) log += "0 offer 0 8 8 0\n";
    return log;
  };
  std::string payloads = offers(40);
  for (int i = 1; i <= 40; ++i) payloads += "0 payload " + std::to_string(i) + " 3 67108864\n0 sent 67108864\n";
  refused(payloads, "leaves more messages waiting for the network than any run does");
  refused(offers(20'000), "offers more inputs than any run has under way");
}

TEST_CASE("what a device half gave is read as it was written, and other numbers are none of its line") {
  std::vector<OutputTensor> outputs;
  outputs.push_back({"logits", *Tensor::create(DataType::kFloat32, {1, 10})});
  outputs.push_back({"features", *Tensor::create(DataType::kUint8, {90})});
  outputs.push_back({"ends", *Tensor::create(DataType::kInt32, {3})});
  const std::array<std::int32_t, 3> ends = {40, 40, 90};
  std::ranges::copy(ends, outputs[2].tensor.as<std::int32_t>().begin());
  CHECK(halves_line(Instant(Duration(12)), Duration(345), outputs) == "12 halves 345 10 40 40 90");

  const auto read = read_halves(std::array<std::uint64_t, 5>{345, 10, 40, 40, 90});
  REQUIRE(read.has_value());
  CHECK(read->took == Duration(345));
  REQUIRE(read->outputs.size() == 3);
  CHECK(read->outputs[0].tensor.shape() == Shape{1, 10});
  CHECK(read->outputs[1].tensor.shape() == Shape{90});
  CHECK(std::ranges::equal(read->outputs[2].tensor.as<std::int32_t>(), ends));
  for (const std::vector<std::uint64_t>& bad : {std::vector<std::uint64_t>{},
                                                {345},
                                                {345, 0},
                                                {345, 100'000},
                                                {345, 10, 40, 30},
                                                {345, 10, 90, 40, 90},
                                                {345, 10, 1ULL << 40},
                                                {1ULL << 50, 10, 40}}) {
    CAPTURE(bad.size());
    CHECK_FALSE(read_halves(bad).has_value());
  }
  const auto refused = replayed("0 target 0 0\n0 halves 345\n", {{}, {"skip"}});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == "line 2 of the decision log cannot be read");
}
