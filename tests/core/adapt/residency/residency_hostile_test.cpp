// What makes no sense is refused with a typed error, and changes nothing.
#include <cmath>
#include <limits>

#include "tests/core/adapt/residency/residency_fixture.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

ErrorCode refusal(const ResidencyOptions& options) {
  const auto residency = Residency::create(options, policy_of(PolicyKind::kLru));
  REQUIRE_FALSE(residency);
  return residency.error().code;
}

}  // namespace

TEST_CASE("options out of range are refused") {
  CHECK(refusal(bare_options(0)) == ErrorCode::kInvalidArgument);
  CHECK(refusal(bare_options(residency::kMostModelBytes + 1)) == ErrorCode::kInvalidArgument);
  ResidencyOptions options = bare_options(10);
  options.max_concurrent_loads = 0;
  CHECK(refusal(options) == ErrorCode::kInvalidArgument);
  for (const double share : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    options = bare_options(10);
    options.young_share = share;
    CHECK(refusal(options) == ErrorCode::kInvalidArgument);
  }
  options = bare_options(10);
  options.room_patience = Duration(-1);
  CHECK(refusal(options) == ErrorCode::kInvalidArgument);
  CHECK(Residency::create(bare_options(10), nullptr).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("models of no bytes, of too many, or of negative cost are refused") {
  Residency memory = make_residency(bare_options(10), {});
  CHECK(memory.add({0, Duration(1)}).error().code == ErrorCode::kInvalidArgument);
  CHECK(memory.add({std::numeric_limits<std::uint64_t>::max(), Duration(1)}).error().code ==
        ErrorCode::kInvalidArgument);
  CHECK(memory.add({1, Duration(-1)}).error().code == ErrorCode::kInvalidArgument);
  CHECK(memory.models() == 0);
}

TEST_CASE("a model that can't fit is refused with both sizes, unless a variant is resident") {
  Residency memory = make_residency(bare_options(100), {profile(101), profile(60), profile(50)});
  const auto refused = memory.ask({0}, at_ms(0));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kModelTooLarge);
  CHECK(refused.error().message.find("101 bytes") != std::string::npos);
  CHECK(refused.error().message.find("100 bytes") != std::string::npos);
  request(memory, 1, 0);
  const Models variants{1};
  const auto decision = memory.ask({0, variants}, at_ms(0));
  REQUIRE(decision);
  CHECK(decision->model == 1);
  CHECK_FALSE(memory.next_load(at_ms(0)));
  // Beside a pinned model there is less room.
  REQUIRE(memory.pin(1, at_ms(0)));
  CHECK(memory.ask({2}, at_ms(0)).error().code == ErrorCode::kModelTooLarge);
  CHECK(memory.pin(2, at_ms(0)).error().code == ErrorCode::kModelTooLarge);
  memory.unpin(1);
  CHECK(memory.ask({2}, at_ms(0)));
}

TEST_CASE("what waits in line and is crowded out by a pin waits for its end, and others load meanwhile") {
  Residency memory = make_residency(bare_options(100), {profile(60), profile(50), profile(10)});
  ask(memory, 0, 0);
  REQUIRE(memory.pin(1, at_ms(0)));
  ask(memory, 2, 0);
  CHECK(memory.next_load(at_ms(0))->model == 1);
  CHECK(memory.next_load(at_ms(0))->model == 2);
  for (const ModelId model : {1U, 2U}) {
    REQUIRE(memory.load_done(model, 0, at_ms(1)));
    memory.withdraw(model);
  }
  CHECK_FALSE(memory.next_load(at_ms(100'000)));
  memory.unpin(1);
  CHECK(memory.next_load(at_ms(100'001))->model == 0);
}

TEST_CASE("unknown models, and ends of what never began, change nothing") {
  Residency memory = make_residency(bare_options(100), {profile(10)});
  CHECK(memory.ask({1}, at_ms(0)).error().code == ErrorCode::kInvalidArgument);
  const Models unknown{7};
  CHECK(memory.ask({0, unknown}, at_ms(0)).error().code == ErrorCode::kInvalidArgument);
  CHECK(memory.load_done(1, 0, at_ms(0)).error().code == ErrorCode::kInvalidArgument);
  CHECK(memory.load_done(0, 0, at_ms(0)).error().code == ErrorCode::kInvalidArgument);
  CHECK(memory.load_failed(0, at_ms(0)).error().code == ErrorCode::kInvalidArgument);
  CHECK(memory.measured(0, 5, at_ms(0)).error().code == ErrorCode::kInvalidArgument);
  CHECK(memory.pin(1, at_ms(0)).error().code == ErrorCode::kInvalidArgument);
  CHECK_FALSE(memory.begin_use(0));
  CHECK_FALSE(memory.begin_use(9));
  CHECK_FALSE(memory.end_use(0));
  memory.withdraw(9);
  memory.unpin(9);
  CHECK_FALSE(memory.resident(9));
  CHECK(memory.used_bytes() == 0);
  CHECK(memory.stats().requests == 0);
}

TEST_CASE("clocks that jump neither unprotect nor hold for ever") {
  ResidencyOptions options = bare_options(20);
  options.min_residency = std::chrono::seconds(1);
  options.young_share = 1;
  Residency memory = make_residency(options, {profile(10), profile(10), profile(10)});
  request(memory, 0, 5000);
  request(memory, 1, 5000);
  ask(memory, 2, -1'000'000);
  CHECK_FALSE(memory.next_load(Instant::min()));
  CHECK(memory.wake_at() == at_ms(6000));
  REQUIRE(memory.next_load(Instant::max()));
  REQUIRE(memory.load_failed(2, Instant::max()));
  const auto decision = memory.ask({2}, at_ms(0));
  REQUIRE(decision);
  CHECK(memory.wake_at() >= at_ms(0));
}

TEST_CASE("measured sizes beyond reason refuse the model, and every sum holds") {
  Residency memory = make_residency(bare_options(100), {profile(10), profile(10)});
  request(memory, 1, 0);
  ask(memory, 0, 0);
  REQUIRE(memory.next_load(at_ms(0)));
  const auto gone = memory.load_done(0, std::numeric_limits<std::uint64_t>::max(), at_ms(1));
  REQUIRE(gone);
  CHECK(Models(gone->begin(), gone->end()) == Models{0});
  CHECK(memory.used_bytes() == 10);
  CHECK(memory.resident(1));
  CHECK(memory.ask({0}, at_ms(2)).error().code == ErrorCode::kModelTooLarge);
}
