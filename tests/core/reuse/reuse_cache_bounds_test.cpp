// What the cache holds at most, what it gives up first, and options that make no cache.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/reuse/reuse_cache.hpp"
#include "tests/core/reuse/cache_fixture.hpp"
#include "tests/core/reuse/embeddings.hpp"

using namespace sluice;
using namespace sluice::reuse;
using namespace sluice::test;

namespace {

bool holds(ReuseCache& cache, float x) {
  // A look in passing: as near as this, nobody else has a vote.
  const float before = cache.max_distance();
  cache.set_max_distance(0.001F);
  const bool hit = look(cache, x, 0).kind == LookupKind::kHit;
  cache.set_max_distance(before);
  return hit;
}

}  // namespace

TEST_CASE("a full cache gives up the entry used longest ago") {
  ReuseCache cache = make_cache(small_options());
  for (int i = 0; i < 4; ++i) REQUIRE(keep(cache, static_cast<float>(i), 0, result(3)));
  REQUIRE(holds(cache, 0));
  REQUIRE(keep(cache, 9, 0, result(3)));
  CHECK(cache.entries() == 4);
  CHECK(cache.stats().evicted == 1);
  CHECK_FALSE(holds(cache, 1));
  CHECK(holds(cache, 0));
  CHECK(holds(cache, 9));
}

TEST_CASE("by use it gives up the entry used least, by utility the one that saves least for its bytes") {
  CacheOptions options = small_options();
  options.eviction = EvictionPolicy::kLfu;
  ReuseCache frequent = make_cache(options);
  for (int i = 0; i < 4; ++i) REQUIRE(keep(frequent, static_cast<float>(i), 0, result(3)));
  for (const float x : {0.0F, 0.0F, 1.0F, 1.0F, 3.0F, 3.0F, 2.0F}) REQUIRE(holds(frequent, x));
  REQUIRE(keep(frequent, 9, 0, result(3)));
  CHECK_FALSE(holds(frequent, 2));

  options.eviction = EvictionPolicy::kUtility;
  ReuseCache useful = make_cache(options);
  for (int i = 0; i < 4; ++i) REQUIRE(keep(useful, static_cast<float>(i), 0, result(3, i == 1 ? 1000 : 10)));
  REQUIRE(keep(useful, 9, 0, result(3)));
  CHECK_FALSE(holds(useful, 1));
  CHECK(holds(useful, 0));
}

TEST_CASE("max_bytes bounds everything; large results push out several small ones") {
  CacheOptions options = small_options();
  options.max_entries = 64;
  ReuseCache probe = make_cache(options);
  options.max_bytes = probe.bytes() + 8000;
  ReuseCache cache = make_cache(options);
  Numbers numbers(3);
  std::size_t most = 0;
  for (int i = 0; i < 500; ++i) {
    REQUIRE(keep(cache, numbers.unit() * 50, 0, result(3, 1 + numbers.next() % 900)));
    REQUIRE(cache.bytes() <= options.max_bytes);
    most = std::max(most, cache.bytes());
  }
  CHECK(most > options.max_bytes - 4000);
  CHECK(cache.stats().evicted > 400);
  CHECK(cache.entries() < 64);
  CHECK(cache.stats().inserted == cache.entries() + cache.stats().evicted + cache.stats().refreshed);
}

TEST_CASE("a result larger than all the room for results is refused, and nothing is given up for it") {
  CacheOptions options = small_options();
  ReuseCache probe = make_cache(options);
  options.max_bytes = probe.bytes() + 2000;
  ReuseCache cache = make_cache(options);
  REQUIRE(keep(cache, 0, 0, result(3)));
  const auto kept = keep(cache, 1, 0, result(3, 500));
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code == ErrorCode::kOutOfMemory);
  CHECK(kept.error().message.find("2000") != std::string::npos);
  CHECK(cache.entries() == 1);
  CHECK(look(cache, 0, 0).kind == LookupKind::kHit);
}

TEST_CASE("a byte bound below one entry, or below the table, makes an error that says what it takes") {
  CacheOptions options = small_options();
  ReuseCache probe = make_cache(options);
  options.max_bytes = probe.bytes();
  ReuseCache none = make_cache(options);
  CHECK(keep(none, 0, 0, result(1)).error().code == ErrorCode::kOutOfMemory);
  CHECK(look(none, 0, 0).kind == LookupKind::kFar);
  --options.max_bytes;
  CHECK(ReuseCache::create(options, close_numbers).error().code == ErrorCode::kOutOfMemory);
  options.max_bytes = 0;
  CHECK(ReuseCache::create(options, close_numbers).error().code == ErrorCode::kOutOfMemory);
}

TEST_CASE("options outside their range are refused by name") {
  const auto refused = [](auto change, std::string_view name) {
    CacheOptions options = small_options();
    change(options);
    const auto cache = ReuseCache::create(options, close_numbers);
    REQUIRE_FALSE(cache);
    CHECK(cache.error().code == ErrorCode::kInvalidArgument);
    CHECK(cache.error().message.find(name) != std::string::npos);
  };
  refused([](CacheOptions& o) { o.dimension = 0; }, "embedding");
  refused([](CacheOptions& o) { o.dimension = 5000; }, "embedding");
  refused([](CacheOptions& o) { o.max_entries = 0; }, "max_entries");
  refused([](CacheOptions& o) { o.max_entries = SIZE_MAX; }, "max_entries");
  refused([](CacheOptions& o) { o.vote.neighbours = 0; }, "vote.neighbours");
  refused([](CacheOptions& o) { o.vote.neighbours = kMaxNeighbours + 1; }, "vote.neighbours");
  refused([](CacheOptions& o) { o.vote.min_homogeneity = 0; }, "vote.min_homogeneity");
  refused([](CacheOptions& o) { o.vote.min_homogeneity = 1.5F; }, "vote.min_homogeneity");
  refused([](CacheOptions& o) { o.vote.min_homogeneity = std::numeric_limits<float>::quiet_NaN(); },
          "vote.min_homogeneity");
  refused([](CacheOptions& o) { o.max_age = Duration::zero(); }, "max_age");
  CHECK(ReuseCache::create(small_options(), nullptr).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("more neighbours asked for than there are entries: all of them vote") {
  CacheOptions options = small_options();
  options.max_entries = 1;
  options.vote.neighbours = kMaxNeighbours;
  ReuseCache cache = make_cache(options);
  REQUIRE(keep(cache, 0, 0, result(3)));
  REQUIRE(keep(cache, 1, 0, result(7)));
  CHECK(cache.entries() == 1);
  const Lookup hit = look(cache, 1, 0);
  CHECK(hit.voters == 1);
  CHECK(number_of(*hit.outputs) == 7);
}

TEST_CASE("the same calls give the same answers, and these everywhere") {
  const auto played = [](EvictionPolicy policy) {
    CacheOptions options = small_options();
    options.max_entries = 50;
    options.max_bytes = 30 << 10;  // about forty entries
    options.eviction = policy;
    ReuseCache cache = make_cache(options, 0.5F);
    Numbers numbers(77);
    std::uint64_t hash = 0;
    for (int i = 0; i < 3000; ++i) {
      const float x = numbers.unit() * 6;
      const float y = numbers.unit() * 6;
      const Lookup found = look(cache, x, y, i * 10);
      hash = hash * 31 + static_cast<std::uint64_t>(found.kind);
      if (found.kind == LookupKind::kHit) {
        hash = hash * 31 + static_cast<std::uint64_t>(number_of(*found.outputs) * 1000);
      } else {
        REQUIRE(keep(cache, x, y, result(std::floor(x) * 2, 1 + i % 200), i * 10));
      }
    }
    CHECK(cache.stats().hits > 100);
    CHECK(cache.stats().divided_misses > 10);
    return hash;
  };
  CHECK(played(EvictionPolicy::kLru) == 10167451282763748191U);
  CHECK(played(EvictionPolicy::kLfu) == 9957970054656924081U);
  CHECK(played(EvictionPolicy::kUtility) == 12845019177627439749U);
}

TEST_CASE("what the owner holds beside the cache counts, up to a quarter of the room for results") {
  CacheOptions options = small_options();
  options.max_entries = 64;
  const std::size_t empty = make_cache(options).bytes();
  options.max_bytes = empty + 8000;
  ReuseCache cache = make_cache(options);
  for (int i = 0; i < 64; ++i) REQUIRE(keep(cache, static_cast<float>(i * 10), 0, result(3)));
  const std::size_t full = cache.entries();
  REQUIRE(full > 10);
  CHECK_FALSE(cache.hold(2001));
  CHECK(cache.entries() == full);
  REQUIRE(cache.hold(2000));
  CHECK(cache.entries() < full);
  CHECK(cache.bytes() <= options.max_bytes);
  for (int i = 0; i < 64; ++i) {
    REQUIRE(keep(cache, static_cast<float>(i * 10), 1, result(3)));
    REQUIRE(cache.bytes() <= options.max_bytes);
  }
  // A result that would fit alone, but not beside what is held, is refused and pushes nothing out.
  const std::size_t held = cache.entries();
  CHECK(keep(cache, 5, 5, result(3, 1700)).error().code == ErrorCode::kOutOfMemory);
  CHECK(cache.entries() == held);
  REQUIRE(cache.hold(0));
  CHECK(keep(cache, 5, 5, result(3, 1700)));
  CHECK(cache.bytes() <= options.max_bytes);
}
