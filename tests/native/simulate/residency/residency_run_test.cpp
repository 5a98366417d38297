// Small traces worked out by hand, in each timing.
#include "native/simulate/residency/residency_run.hpp"

#include <doctest/doctest.h>

#include "native/simulate/residency/simulated_policy.hpp"

using namespace sluice;
using namespace sluice::simulate;

namespace {

RequestTrace trace_of(std::size_t models, std::initializer_list<std::pair<int, std::uint32_t>> requests) {
  RequestTrace trace{models, {}};
  for (const auto& [at_s, model] : requests) trace.requests.push_back({Instant(std::chrono::seconds(at_s)), model});
  return trace;
}

// Ten bytes each; loading takes four seconds, running one.
std::vector<SimulatedModel> equal_models(std::size_t count) {
  return {count, {{10, std::chrono::seconds(4)}, std::chrono::seconds(1)}};
}

RunOptions options_of(std::uint64_t budget_bytes, Timing timing) {
  RunOptions options;
  options.budget_bytes = budget_bytes;
  options.timing = timing;
  options.residency.min_residency = Duration::zero();
  return options;
}

RunResult replay(const RequestTrace& trace, const RunOptions& options, const char* policy = "lru") {
  const auto maker = policy_maker(policy, {}, trace);
  REQUIRE(maker);
  const auto result = run_residency(trace, equal_models(trace.models), options, *maker, {});
  REQUIRE(result);
  return *result;
}

}  // namespace

TEST_CASE("instant: every miss loads, and waits what the load costs") {
  const auto trace = trace_of(3, {{0, 0}, {0, 1}, {0, 0}, {1, 2}, {1, 0}, {1, 1}});
  const auto result = replay(trace, options_of(20, Timing::kInstant));
  CHECK(result.requests == 6);
  CHECK(result.hits == 2);
  CHECK(result.loads == 4);
  CHECK(result.evictions == 2);
  CHECK(result.load_s == 16);
  CHECK(result.load_s_per_request() == doctest::Approx(16.0 / 6));
  CHECK(result.wait_p50_s == 4);
  CHECK(result.wait_p99_s == 4);
}

TEST_CASE("concurrent: who comes during a load waits for its rest, and runs don't wait for each other") {
  const auto trace = trace_of(2, {{0, 0}, {1, 0}, {3, 1}, {5, 0}});
  const auto result = replay(trace, options_of(20, Timing::kConcurrent));
  CHECK(result.loads == 2);
  CHECK(result.hits == 1);
  // Waits of 4, 3, 4 and 0 seconds.
  CHECK(result.wait_p50_s == 3);
  CHECK(result.wait_p95_s == 4);
}

TEST_CASE("concurrent: a load waits for room until a use ends") {
  const auto trace = trace_of(2, {{0, 0}, {4, 1}});
  const auto result = replay(trace, options_of(10, Timing::kConcurrent));
  CHECK(result.loads == 2);
  CHECK(result.evictions == 1);
  CHECK(result.wait_p99_s == 5);  // the use lasts from 4 to 5, the load to 9
}

TEST_CASE("serial: loads and runs stand in one queue") {
  const auto trace = trace_of(2, {{0, 0}, {0, 1}, {1, 0}});
  const auto result = replay(trace, options_of(20, Timing::kSerial));
  // 0 loads to 4, 1 to 8, then 0 runs at 8 and again at 9, 1 at 10.
  CHECK(result.loads == 2);
  CHECK(result.wait_p50_s == 8);
  CHECK(result.wait_p99_s == 10);
}

TEST_CASE("several hosts: an empty one first, then one with room") {
  auto options = options_of(20, Timing::kSerial);
  options.hosts = 2;
  const auto result = replay(trace_of(2, {{0, 0}, {0, 1}, {20, 0}, {20, 1}}), options);
  CHECK(result.loads == 2);
  CHECK(result.hits == 2);
  CHECK(result.wait_p99_s == 4);
}

TEST_CASE("what can't fit is counted, and what makes no sense refused") {
  const auto trace = trace_of(1, {{0, 0}, {1, 0}});
  const auto result = replay(trace, options_of(9, Timing::kInstant));
  CHECK(result.refused == 2);
  CHECK(result.loads == 0);
  const auto maker = policy_maker("lru", {}, trace);
  auto options = options_of(10, Timing::kInstant);
  CHECK(run_residency(trace, {}, options, *maker, {}).error().code == ErrorCode::kInvalidArgument);
  options.hosts = 0;
  CHECK(run_residency(trace, equal_models(1), options, *maker, {}).error().code == ErrorCode::kInvalidArgument);
  options.hosts = 20;  // nothing left for each
  CHECK(run_residency(trace, equal_models(1), options, *maker, {}).error().code == ErrorCode::kInvalidArgument);
  CHECK(policy_maker("clock", {}, trace).error().code == ErrorCode::kNotFound);
}

TEST_CASE("Belady evicts who is asked for last again; CremeBrulee's oracle weighs cost and size") {
  const auto trace = trace_of(3, {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {2, 1}, {3, 0}});
  const auto result = replay(trace, options_of(20, Timing::kInstant), "belady");
  CHECK(result.loads == 4);  // at 2 goes 1, which returns in place of 2
  CHECK(replay(trace, options_of(20, Timing::kInstant)).loads == 5);
  const auto maker = policy_maker("cremebrulee-oracle", {}, trace);
  auto models = equal_models(3);
  models[0].profile.load_cost = std::chrono::milliseconds(1);
  const auto weighed = run_residency(trace, models, options_of(20, Timing::kInstant), *maker, {});
  REQUIRE(weighed);
  CHECK(weighed->load_s == doctest::Approx(8.002).epsilon(1e-9));  // 0 is cheap: it goes each time
}
