// Who goes, by each policy, against sequences worked out by hand.
#include "core/adapt/residency/policy.hpp"

#include <limits>

#include "tests/core/adapt/residency/residency_fixture.hpp"

using namespace sluice;
using namespace sluice::test;
using residency::find_policy;
using residency::make_policy;
using residency::policy_name;
using residency::policy_names;

namespace {

// Three models of ten bytes in memory for thirty, then a fourth.
Residency three_of_ten(PolicyKind kind) {
  return make_residency(bare_options(30), {profile(10), profile(10), profile(10), profile(10)}, kind);
}

}  // namespace

TEST_CASE("policies have names, and options out of range are refused") {
  for (const auto name : policy_names()) {
    const auto kind = find_policy(name);
    REQUIRE(kind);
    CHECK(policy_name(*kind) == name);
    PolicyOptions options;
    options.kind = *kind;
    CHECK(make_policy(options));
  }
  CHECK_FALSE(find_policy("fifo"));
  CHECK_FALSE(find_policy(""));
  PolicyOptions options;
  for (const Duration half_life : {Duration::zero(), Duration(-1)}) {
    options.popularity_half_life = half_life;
    CHECK(make_policy(options).error().code == ErrorCode::kInvalidArgument);
  }
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1.0}) {
    options = {};
    options.cost_exponent = bad;
    CHECK(make_policy(options).error().code == ErrorCode::kInvalidArgument);
    options = {};
    options.popularity_exponent = bad;
    CHECK(make_policy(options).error().code == ErrorCode::kInvalidArgument);
  }
  options = {};
  options.kind = static_cast<PolicyKind>(99);
  CHECK(make_policy(options).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("LRU evicts who was asked for longest ago") {
  Residency memory = three_of_ten(PolicyKind::kLru);
  for (const ModelId model : {0U, 1U, 2U, 0U}) CHECK(request(memory, model, 0).empty());
  CHECK(request(memory, 3, 1) == Models{1});
  CHECK(request(memory, 1, 2) == Models{2});
}

TEST_CASE("popularity evicts who was asked for least often ever, LFU who was of late") {
  const auto play = [](PolicyKind kind) {
    Residency memory = three_of_ten(kind);
    const std::int64_t day = 86'400'000;
    for (int i = 0; i < 5; ++i) request(memory, 0, 0);
    request(memory, 1, 0);
    for (int i = 0; i < 2; ++i) request(memory, 2, day);
    request(memory, 1, day);
    request(memory, 1, day);
    return request(memory, 3, day);
  };
  CHECK(play(PolicyKind::kPopularity) == Models{2});
  CHECK(play(PolicyKind::kLfu) == Models{0});
}

TEST_CASE("load time evicts what loads fastest") {
  Residency memory =
      make_residency(bare_options(20), {profile(10, 300), profile(10, 200), profile(10, 100)}, PolicyKind::kLoadTime);
  request(memory, 0, 0);
  request(memory, 1, 0);
  CHECK(request(memory, 2, 0) == Models{1});
  CHECK(request(memory, 1, 0) == Models{2});
}

TEST_CASE("CremeBrulee evicts by popularity x cost / bytes of a lifetime, and no more than needed, the largest first") {
  // Utilities at the shortage: 1 x 100 / 10 = 10, 1 x 400 / 20 = 20, 3 x 1000 / 30 = 100.
  Residency memory =
      make_residency(bare_options(60), {profile(10, 100), profile(20, 400), profile(30, 1000), profile(20, 1)},
                     PolicyKind::kCremeBrulee);
  request(memory, 0, 0);
  request(memory, 1, 0);
  for (int i = 0; i < 3; ++i) request(memory, 2, 0);
  // 20 bytes are needed: first 0, then 1; 1 alone holds enough, so 0 stays.
  CHECK(request(memory, 3, 0) == Models{1});
  CHECK(memory.resident(0));
  // What was evicted keeps its count: 1 is worth 2 x 400 / 20 = 40 now, and 3 goes with 1 x 1 / 20.
  CHECK(request(memory, 1, 1) == Models{3});
}

TEST_CASE("utility lets popularity fade where CremeBrulee does not") {
  const auto play = [](PolicyKind kind) {
    Residency memory = make_residency(bare_options(20), {profile(10), profile(10), profile(10)}, kind);
    const std::int64_t day = 86'400'000;
    for (int i = 0; i < 100; ++i) request(memory, 0, 0);
    request(memory, 1, day);
    request(memory, 1, day);
    return request(memory, 2, day);
  };
  CHECK(play(PolicyKind::kCremeBrulee) == Models{1});
  CHECK(play(PolicyKind::kUtility) == Models{0});
}

TEST_CASE("utility spares what is not needed, and evicts one large model where that loses less than several small") {
  // Worth by byte: 0 10, 1 12, 2 14, 3 15. Thirty are needed: 0, 1 and 2 hold them and lose 100 + 120 + 140; 3 alone
  // loses 450.
  Residency small = make_residency(
      bare_options(60), {profile(10, 100), profile(10, 120), profile(10, 140), profile(30, 450), profile(30, 1)},
      PolicyKind::kUtility);
  for (ModelId model = 0; model < 4; ++model) request(small, model, 0);
  CHECK(request(small, 4, 0) == Models{0, 1, 2});
  // Fifteen are needed: 0 and 1 are worth least by byte and lose 220 together; 2 alone loses 210.
  Residency large = make_residency(
      bare_options(35), {profile(10, 100), profile(10, 120), profile(15, 210), profile(15, 1)}, PolicyKind::kUtility);
  for (ModelId model = 0; model < 3; ++model) request(large, model, 0);
  CHECK(request(large, 3, 0) == Models{2});
  // Least worth first: 0 (5 bytes), then 1 (20 bytes), which holds enough alone.
  Residency spared =
      make_residency(bare_options(25), {profile(5, 5), profile(20, 100), profile(20, 1)}, PolicyKind::kUtility);
  request(spared, 0, 0);
  request(spared, 1, 0);
  CHECK(request(spared, 2, 0) == Models{1});
}

TEST_CASE("GDSF's age overtakes what is no longer used") {
  // Costs of 1000 ms and 10 bytes: 100 a use (in its unit of us / bytes, a thousand times that).
  Residency memory = make_residency(bare_options(20), {profile(10), profile(10), profile(10)}, PolicyKind::kGdsf);
  for (int i = 0; i < 3; ++i) request(memory, 0, 0);  // worth 3
  request(memory, 1, 0);                              // worth 1
  CHECK(request(memory, 2, 0) == Models{1});          // age 1, 2 is worth 1 + 1
  CHECK(request(memory, 1, 0) == Models{2});          // age 2, 1 is worth 2 + 1 and used after 0
  CHECK(request(memory, 2, 0) == Models{0});          // 3 against 3: 0 was asked for longest ago
}

TEST_CASE("SIEVE passes over what was used since the hand came by") {
  Residency memory = three_of_ten(PolicyKind::kSieve);
  for (const ModelId model : {0U, 1U, 2U}) request(memory, model, 0);
  request(memory, 0, 0);                      // visited
  CHECK(request(memory, 3, 0) == Models{1});  // the hand took 0's mark and stands at 2
  CHECK(request(memory, 1, 0) == Models{2});  // queue 0, 3, 1; the hand stands at 3
  request(memory, 3, 0);
  request(memory, 1, 0);
  CHECK(request(memory, 2, 0) == Models{0});  // over 3 and 1, whose marks go, around to 0
}

TEST_CASE("S3-FIFO sends off what was asked for once, and lets what comes back into the main queue") {
  Residency memory = three_of_ten(PolicyKind::kS3Fifo);
  for (const ModelId model : {0U, 1U, 2U}) request(memory, model, 0);
  request(memory, 0, 0);
  request(memory, 0, 0);                      // used twice: it moves on to the main queue
  CHECK(request(memory, 3, 0) == Models{1});  // small: 2, 3; main: 0; remembered: 1
  CHECK(request(memory, 1, 0) == Models{2});  // 1 comes back into main: 0, 1
  CHECK(request(memory, 2, 0) == Models{3});  // small held 3 alone
  CHECK(memory.resident(0));
}

TEST_CASE("random is random by its seed") {
  const auto play = [](std::uint64_t seed) {
    PolicyOptions options{.kind = PolicyKind::kRandom};
    options.seed = seed;
    auto memory = Residency::create(bare_options(100), *make_policy(options));
    for (int i = 0; i < 40; ++i) REQUIRE(memory->add(profile(10)));
    Models evicted;
    for (ModelId model = 0; model < 40; ++model) {
      for (const ModelId victim : request(*memory, model, 0)) evicted.push_back(victim);
    }
    return evicted;
  };
  CHECK(play(1) == play(1));
  CHECK(play(1) != play(2));
  CHECK(play(1).size() == 30);
}
