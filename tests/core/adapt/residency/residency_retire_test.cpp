// Models that come and go for good, and requests that do not wait.
#include "tests/core/adapt/residency/residency_fixture.hpp"

using namespace sluice;
using namespace sluice::test;

TEST_CASE("a retired model goes, and its number and memory are another's") {
  auto memory = make_residency(bare_options(100), {profile(60), profile(60)});
  CHECK(request(memory, 0, 0).empty());
  CHECK(memory.retire(0));
  CHECK_FALSE(memory.retire(0));
  CHECK(memory.used_bytes() == 0);
  CHECK(memory.ask({0}, at_ms(1)).error().code == ErrorCode::kInvalidArgument);
  const auto again = memory.add(profile(30));
  REQUIRE(again);
  CHECK(*again == 0);
  CHECK(memory.models() == 2);
  CHECK(request(memory, 0, 2).empty());
  CHECK(request(memory, 1, 3) == Models{});
  CHECK(memory.used_bytes() == 90);
}

TEST_CASE("what is retired while it is in use, in line or loading goes when that ends") {
  auto memory = make_residency(bare_options(100), {profile(60), profile(60), profile(30)});
  request(memory, 0, 0);
  REQUIRE(memory.begin_use(0));
  CHECK(ask(memory, 1, 1) == ResidencyAnswer::kWait);  // in line: 0 is in its way
  CHECK_FALSE(memory.next_load(at_ms(1)));
  CHECK_FALSE(memory.retire(0));
  CHECK_FALSE(memory.begin_use(0));
  CHECK_FALSE(memory.retire(1));
  CHECK_FALSE(memory.anyone_in_line());
  CHECK(memory.end_use(0));
  CHECK_FALSE(memory.resident(0));
  CHECK(ask(memory, 2, 2) == ResidencyAnswer::kWait);
  REQUIRE(memory.next_load(at_ms(2)));
  CHECK_FALSE(memory.retire(2));
  const auto gone = memory.load_done(2, 0, at_ms(3));
  REQUIRE(gone);
  CHECK(Models(gone->begin(), gone->end()) == Models{2});
  CHECK(memory.used_bytes() == 0);
  for (int i = 0; i < 3; ++i) REQUIRE(memory.add(profile(10)));
  CHECK(memory.models() == 3);
}

TEST_CASE("a request that does not wait has the model loaded, and keeps nothing from going") {
  auto memory = make_residency(bare_options(100), {profile(60), profile(60)});
  const auto decision = memory.ask({.model = 0, .waits = false}, at_ms(0));
  REQUIRE(decision);
  CHECK(decision->answer == ResidencyAnswer::kWait);
  REQUIRE(memory.next_load(at_ms(0)));
  REQUIRE(memory.load_done(0, 0, at_ms(1)));
  CHECK(request(memory, 1, 2) == Models{0});
}

TEST_CASE("one that waits after all keeps it, and one that will come again leaves its load in line") {
  auto memory = make_residency(bare_options(100), {profile(60), profile(60)});
  REQUIRE(memory.ask({.model = 0, .waits = false}, at_ms(0)));
  memory.await(0);
  REQUIRE(memory.next_load(at_ms(0)));
  REQUIRE(memory.load_done(0, 0, at_ms(1)));
  CHECK(ask(memory, 1, 2) == ResidencyAnswer::kWait);
  CHECK_FALSE(memory.next_load(at_ms(2)));  // 0 is awaited
  memory.stop_waiting(1);
  CHECK(memory.in_line(1));
  memory.stop_waiting(0);
  CHECK(memory.next_load(at_ms(3)));
}

TEST_CASE("a request that is answered elsewhere counts, and loads nothing unless it waits after all") {
  auto memory = make_residency(bare_options(100), {profile(60), profile(60)});
  const auto decision = memory.ask({.model = 0, .waits = false, .loads = false}, at_ms(0));
  REQUIRE(decision);
  CHECK(decision->answer == ResidencyAnswer::kRetryLater);
  CHECK_FALSE(memory.in_line(0));
  CHECK_FALSE(memory.next_load(at_ms(0)));
  memory.await(0);
  CHECK(memory.in_line(0));
  REQUIRE(memory.next_load(at_ms(1)));
  REQUIRE(memory.load_failed(0, at_ms(2)));
  memory.await(0);  // not before the pause is over
  CHECK_FALSE(memory.in_line(0));
}

TEST_CASE("how long a request would wait follows from what loads took") {
  ResidencyOptions options = bare_options(1000);
  options.max_concurrent_loads = 1;
  auto memory = make_residency(options, {profile(10, 100), profile(10, 200), profile(10, 400)});
  using std::chrono::milliseconds;
  CHECK(memory.until_resident(0, at_ms(0)) == milliseconds(100));
  ask(memory, 0, 0);
  ask(memory, 1, 0);
  REQUIRE(memory.next_load(at_ms(0)));
  CHECK(memory.until_resident(0, at_ms(30)) == milliseconds(70));
  CHECK(memory.until_resident(0, at_ms(300)) == Duration::zero());  // it takes longer than it should
  CHECK(memory.until_resident(1, at_ms(30)) == milliseconds(70 + 200));
  CHECK(memory.until_resident(2, at_ms(30)) == milliseconds(70 + 200 + 400));
  REQUIRE(memory.load_done(0, 0, at_ms(50), milliseconds(50)));
  CHECK(memory.until_resident(0, at_ms(60)) == Duration::zero());
  CHECK(memory.profile(0).load_cost == milliseconds(50));
  CHECK(memory.until_retry(1, at_ms(60)) == Duration::zero());
  REQUIRE(memory.next_load(at_ms(60)));
  REQUIRE(memory.load_failed(1, at_ms(70)));
  CHECK(memory.until_retry(1, at_ms(80)) == memory.options().first_retry - milliseconds(10));
}
