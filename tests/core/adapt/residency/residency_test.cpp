// What the book answers: run, wait, load, evict, another variant.
#include "core/adapt/residency/residency.hpp"

#include "tests/core/adapt/residency/residency_fixture.hpp"
#include "tests/counting_new.hpp"

using namespace sluice;
using namespace sluice::test;

TEST_CASE("one load for all who ask meanwhile; then everyone runs") {
  Residency memory = make_residency(bare_options(100), {profile(60)});
  CHECK(ask(memory, 0, 0) == ResidencyAnswer::kWait);
  const auto order = memory.next_load(at_ms(0));
  REQUIRE(order);
  CHECK(order->model == 0);
  CHECK(order->evicted.empty());
  CHECK(memory.used_bytes() == 60);
  for (int i = 0; i < 3; ++i) CHECK(ask(memory, 0, 1) == ResidencyAnswer::kWait);
  CHECK_FALSE(memory.next_load(at_ms(1)));
  CHECK_FALSE(memory.begin_use(0));
  CHECK(memory.load_done(0, 0, at_ms(2))->empty());
  CHECK(ask(memory, 0, 3) == ResidencyAnswer::kRun);
  CHECK(memory.begin_use(0));
  CHECK(memory.stats().loads == 1);
  CHECK(memory.stats().joined_requests == 3);
  CHECK(memory.stats().resident_requests == 1);
}

TEST_CASE("loads are limited, and begin in the order of the requests") {
  ResidencyOptions options = bare_options(100);
  options.max_concurrent_loads = 2;
  Residency memory = make_residency(options, {profile(10), profile(10), profile(10)});
  for (const ModelId model : {2U, 0U, 1U}) ask(memory, model, 0);
  CHECK(memory.next_load(at_ms(0))->model == 2);
  CHECK(memory.next_load(at_ms(0))->model == 0);
  CHECK_FALSE(memory.next_load(at_ms(0)));
  REQUIRE(memory.load_done(0, 0, at_ms(5)));
  CHECK(memory.next_load(at_ms(5))->model == 1);
}

TEST_CASE("what is in use, pinned, loading or not yet used by those who wait is never evicted") {
  Residency memory =
      make_residency(bare_options(40), {profile(10), profile(10), profile(10), profile(10), profile(10), profile(20)});
  REQUIRE(memory.pin(0, at_ms(0)));
  request(memory, 0, 0);
  request(memory, 1, 0);
  REQUIRE(memory.begin_use(1));
  ask(memory, 2, 0);
  REQUIRE(memory.next_load(at_ms(0)));
  REQUIRE(memory.load_done(2, 0, at_ms(0)));  // nobody has used it yet
  ask(memory, 3, 0);
  REQUIRE(memory.next_load(at_ms(0)));  // loading
  ask(memory, 4, 1);
  CHECK_FALSE(memory.next_load(at_ms(1)));
  memory.withdraw(2);  // who waited has gone
  auto order = memory.next_load(at_ms(1));
  REQUIRE(order);
  CHECK(order->model == 4);
  CHECK(Models(order->evicted.begin(), order->evicted.end()) == Models{2});
  REQUIRE(memory.load_done(3, 0, at_ms(2)));
  REQUIRE(memory.load_done(4, 0, at_ms(2)));
  ask(memory, 5, 3);
  CHECK_FALSE(memory.next_load(at_ms(3)));
  CHECK_FALSE(memory.end_use(1));
  CHECK_FALSE(memory.next_load(at_ms(3)));  // ten of the twenty
  REQUIRE(memory.begin_use(3));
  CHECK_FALSE(memory.end_use(3));
  order = memory.next_load(at_ms(3));
  REQUIRE(order);
  CHECK(order->evicted.size() == 2);
  CHECK(memory.resident(0));
  memory.unpin(0);
  CHECK(memory.pinned_bytes() == 0);
}

TEST_CASE("what was just loaded stays for a while, and the book says when to ask again") {
  ResidencyOptions options = bare_options(20);
  options.min_residency = std::chrono::seconds(5);
  options.young_share = 1;
  Residency memory = make_residency(options, {profile(10), profile(10), profile(10)});
  request(memory, 0, 1000);
  request(memory, 1, 3000);
  CHECK(memory.wake_at() == kNever);
  ask(memory, 2, 4000);
  CHECK_FALSE(memory.next_load(at_ms(4000)));
  CHECK(memory.wake_at() == at_ms(6000));
  CHECK_FALSE(memory.next_load(at_ms(5999)));
  const auto order = memory.next_load(at_ms(6000));
  REQUIRE(order);
  CHECK(Models(order->evicted.begin(), order->evicted.end()) == Models{0});
}

TEST_CASE("a scan of models asked for once does not push out what is asked for often") {
  ResidencyOptions options = bare_options(100);
  options.min_residency = std::chrono::minutes(1);
  options.young_share = 0.1;
  auto memory = Residency::create(options, policy_of(PolicyKind::kUtility));
  for (int i = 0; i < 200; ++i) REQUIRE(memory->add(profile(10)));
  for (std::int64_t minute = 0; minute < 5; ++minute) {
    for (ModelId hot = 0; hot < 8; ++hot) request(*memory, hot, minute * 60'000);
  }
  for (ModelId once = 8; once < 200; ++once) request(*memory, once, 300'000 + once);
  for (ModelId hot = 0; hot < 8; ++hot) CHECK_MESSAGE(memory->resident(hot), hot);
  CHECK(memory->stats().evictions == 190);
}

TEST_CASE("a resident variant answers in place of a cold model, which loads behind it or not") {
  Residency memory = make_residency(bare_options(100), {profile(10), profile(10), profile(10)});
  request(memory, 2, 0);
  const Models variants{1, 2};
  auto decision = memory.ask({0, variants, false}, at_ms(1));
  REQUIRE(decision);
  CHECK(decision->answer == ResidencyAnswer::kRun);
  CHECK(decision->model == 2);
  CHECK_FALSE(memory.next_load(at_ms(1)));
  decision = memory.ask({0, variants, true}, at_ms(2));
  CHECK(decision->model == 2);
  CHECK(memory.next_load(at_ms(2))->model == 0);
  REQUIRE(memory.load_done(0, 0, at_ms(3)));
  decision = memory.ask({0, variants, true}, at_ms(4));
  CHECK(decision->model == 0);
  CHECK(memory.stats().alternative_requests == 2);
}

TEST_CASE("a failed load is tried again after a wait that doubles, up to the longest") {
  ResidencyOptions options = bare_options(100);
  options.first_retry = std::chrono::seconds(1);
  options.longest_retry = std::chrono::seconds(3);
  Residency memory = make_residency(options, {profile(10), profile(20)});
  std::int64_t now = 0;
  for (const std::int64_t wait : {1000, 2000, 3000, 3000}) {
    CHECK(ask(memory, 0, now) == ResidencyAnswer::kWait);
    REQUIRE(memory.next_load(at_ms(now)));
    REQUIRE(memory.load_failed(0, at_ms(now)));
    CHECK(memory.used_bytes() == 0);
    const auto decision = memory.ask({0}, at_ms(now + wait - 1));
    REQUIRE(decision);
    CHECK(decision->answer == ResidencyAnswer::kRetryLater);
    CHECK(decision->retry_at == at_ms(now + wait));
    CHECK_FALSE(memory.next_load(at_ms(now + wait - 1)));
    now += wait;
  }
  request(memory, 0, now);  // works again, and the next failure waits as the first
  memory.withdraw(0);
  CHECK(memory.resident(0));
  request(memory, 1, now);
  CHECK(memory.stats().failed_loads == 4);
}

TEST_CASE("a model that is larger than stated is corrected, and what must go goes") {
  Residency memory = make_residency(bare_options(100), {profile(30), profile(30), profile(20), profile(10)});
  request(memory, 0, 0);
  request(memory, 1, 1);
  ask(memory, 2, 2);
  REQUIRE(memory.next_load(at_ms(2)));
  auto gone = memory.load_done(2, 60, at_ms(3));
  REQUIRE(gone);
  CHECK(Models(gone->begin(), gone->end()) == Models{0});
  CHECK(memory.profile(2).bytes == 60);
  CHECK(memory.used_bytes() == 90);
  REQUIRE(memory.begin_use(2));
  // It grows while in use: the rest goes, and loads wait until there is room.
  gone = memory.measured(2, 95, at_ms(4));
  REQUIRE(gone);
  CHECK(Models(gone->begin(), gone->end()) == Models{1});
  ask(memory, 3, 5);
  CHECK_FALSE(memory.next_load(at_ms(5)));
  CHECK_FALSE(memory.end_use(2));
  REQUIRE(memory.next_load(at_ms(6)));
  CHECK_FALSE(memory.resident(2));
  CHECK(memory.stats().corrected_sizes == 2);
}

TEST_CASE("a liar that does not fit beside what is in use goes back to the line; one that never fits is refused") {
  Residency memory = make_residency(bare_options(100), {profile(60), profile(30), profile(10)});
  request(memory, 0, 0);
  REQUIRE(memory.begin_use(0));
  ask(memory, 1, 1);
  REQUIRE(memory.next_load(at_ms(1)));
  auto gone = memory.load_done(1, 50, at_ms(2));
  REQUIRE(gone);
  CHECK(Models(gone->begin(), gone->end()) == Models{1});
  CHECK(memory.used_bytes() == 60);
  CHECK_FALSE(memory.next_load(at_ms(2)));
  CHECK_FALSE(memory.end_use(0));
  CHECK(memory.next_load(at_ms(3))->model == 1);
  gone = memory.load_done(1, 101, at_ms(4));
  REQUIRE(gone);
  CHECK(Models(gone->begin(), gone->end()) == Models{1});
  const auto refused = memory.ask({1}, at_ms(5));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kModelTooLarge);
  CHECK(refused.error().message.find("101 bytes") != std::string::npos);
  CHECK(refused.error().message.find("100 bytes") != std::string::npos);
}

TEST_CASE("a liar that does not fit beside what is pinned waits for nothing") {
  Residency memory = make_residency(bare_options(100), {profile(60), profile(30)});
  REQUIRE(memory.pin(0, at_ms(0)));
  REQUIRE(memory.next_load(at_ms(0)));
  REQUIRE(memory.load_done(0, 60, at_ms(1)));
  CHECK(ask(memory, 1, 2) == ResidencyAnswer::kWait);
  REQUIRE(memory.next_load(at_ms(2)));
  const auto gone = memory.load_done(1, 50, at_ms(3));
  REQUIRE(gone);
  CHECK(Models(gone->begin(), gone->end()) == Models{1});
  CHECK_FALSE(memory.in_line(1));
  CHECK(memory.ask({1}, at_ms(4)).error().code == ErrorCode::kModelTooLarge);
}

TEST_CASE("a load that waits for room beyond patience drains models in use, and overtaking ends") {
  ResidencyOptions options = bare_options(30);
  options.room_patience = std::chrono::seconds(10);
  Residency memory = make_residency(options, {profile(10), profile(10), profile(30), profile(10)});
  for (const ModelId model : {0U, 1U}) {
    request(memory, model, 0);
    REQUIRE(memory.begin_use(model));
  }
  REQUIRE(memory.begin_use(1));
  ask(memory, 2, 1000);
  CHECK_FALSE(memory.next_load(at_ms(1000)));
  CHECK(memory.wake_at() == at_ms(11'000));
  request(memory, 3, 2000);  // finds room, so it may go first
  CHECK(memory.resident(3));
  CHECK_FALSE(memory.next_load(at_ms(11'000)));
  CHECK(ask(memory, 0, 11'001) == ResidencyAnswer::kWait);  // it drains, and will be loaded again
  CHECK_FALSE(memory.begin_use(0));
  CHECK(memory.end_use(0));
  CHECK_FALSE(memory.resident(0));
  CHECK_FALSE(memory.next_load(at_ms(11'002)));  // not 0, though it would fit
  CHECK_FALSE(memory.end_use(1));
  CHECK(memory.end_use(1));
  const auto order = memory.next_load(at_ms(11'003));
  REQUIRE(order);
  CHECK(order->model == 2);
  CHECK(Models(order->evicted.begin(), order->evicted.end()) == Models{3});
  CHECK(memory.stats().drained == 2);
}

TEST_CASE("requests, loads and evictions allocate nothing") {
  ResidencyOptions options = bare_options(200);
  options.min_residency = std::chrono::milliseconds(3);
  for (const auto name : residency::policy_names()) {
    CAPTURE(name);
    auto memory = Residency::create(options, policy_of(*residency::find_policy(name)));
    for (int i = 0; i < 100; ++i) REQUIRE(memory->add(profile(10 + static_cast<std::uint64_t>(i % 7))));
    const std::size_t before = allocation_count();
    std::uint64_t random = 1;
    std::uint64_t loads = 0;
    for (std::int64_t i = 0; i < 2000; ++i) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      const auto model = static_cast<ModelId>((random >> 33U) % 100);
      if (!memory->ask({model}, at_ms(i))) break;
      while (const auto order = memory->next_load(at_ms(i))) {
        if (!memory->load_done(order->model, 0, at_ms(i))) break;
        ++loads;
        if (memory->begin_use(order->model)) memory->end_use(order->model);
      }
    }
    CHECK(allocation_count() == before);
    CHECK(loads > 1000);
  }
}
