// What is found, what the vote says, and that nothing stale is handed out.
#include "core/reuse/reuse_cache.hpp"

#include <doctest/doctest.h>

#include "tests/core/reuse/cache_fixture.hpp"
#include "tests/core/reuse/embeddings.hpp"
#include "tests/counting_new.hpp"

using namespace sluice;
using namespace sluice::reuse;
using namespace sluice::test;

TEST_CASE("a near result is handed out, shared and with its age; a far one is not") {
  ReuseCache cache = make_cache(small_options());
  CHECK(look(cache, 0, 0).kind == LookupKind::kFar);
  CHECK(look(cache, 0, 0).distance == std::numeric_limits<float>::infinity());

  const SharedOutputs kept = result(3);
  REQUIRE(keep(cache, 0, 0, kept, 1000));
  const Lookup hit = look(cache, 0.25F, 0.5F, 1500);
  CHECK(hit.kind == LookupKind::kHit);
  CHECK(hit.outputs == kept);
  CHECK(hit.distance == 0.75F);
  CHECK(hit.homogeneity == doctest::Approx(1));
  CHECK(hit.voters == 1);
  CHECK(hit.age == std::chrono::milliseconds(500));

  const Lookup far = look(cache, 0.5F, 0.5F, 1500);  // exactly at max_distance
  CHECK(far.kind == LookupKind::kFar);
  CHECK(far.outputs == nullptr);
  CHECK(far.distance == 1);
  CHECK(cache.stats().hits == 1);
  CHECK(cache.stats().far_misses == 3);
}

TEST_CASE("nothing is reused before a distance is allowed, nor with one that is no number") {
  ReuseCache cache = make_cache(small_options(), 0);
  REQUIRE(keep(cache, 0, 0, result(3)));
  CHECK(look(cache, 0, 0).kind == LookupKind::kFar);
  for (const float allowed : {-1.0F, std::numeric_limits<float>::quiet_NaN()}) {
    cache.set_max_distance(allowed);
    CHECK(look(cache, 0, 0).kind == LookupKind::kFar);
  }
  cache.set_max_distance(std::numeric_limits<float>::infinity());
  CHECK(look(cache, 1e6F, 0).kind == LookupKind::kHit);
}

TEST_CASE("neighbours that disagree are a miss, unless the nearest outweigh the others") {
  ReuseCache cache = make_cache(small_options());
  REQUIRE(keep(cache, 0, 0, result(3)));
  REQUIRE(keep(cache, 0.5F, 0, result(7)));
  const Lookup divided = look(cache, 0.25F, 0);
  CHECK(divided.kind == LookupKind::kDivided);
  CHECK(divided.outputs == nullptr);
  CHECK(divided.voters == 2);
  CHECK(divided.homogeneity == doctest::Approx(0.5));

  const Lookup near = look(cache, 0.01F, 0);
  CHECK(near.kind == LookupKind::kHit);
  CHECK(number_of(*near.outputs) == 3);
  CHECK(cache.stats().divided_misses == 1);
}

TEST_CASE("the majority wins with its nearest member's result, though a dissenter stands nearer") {
  CacheOptions options = small_options();
  options.vote.min_homogeneity = 0.5F;
  ReuseCache cache = make_cache(options);
  REQUIRE(keep(cache, 0.10F, 0, result(7)));
  REQUIRE(keep(cache, 0.12F, 0, result(3)));
  REQUIRE(keep(cache, 0.13F, 0, result(3.5F)));
  const Lookup hit = look(cache, 0, 0);
  CHECK(hit.kind == LookupKind::kHit);
  CHECK(number_of(*hit.outputs) == 3);
  CHECK(hit.distance == 0.10F);
}

TEST_CASE("a chain of results that agree only with their neighbours is not taken for one opinion") {
  CacheOptions options = small_options();
  options.vote.min_homogeneity = 0.9F;
  ReuseCache cache = make_cache(options);
  // 0 agrees with 0.9, 0.9 with 1.8, 1.8 with 2.7; 0 with nothing but 0.9.
  for (int i = 0; i < 4; ++i) {
    REQUIRE(keep(cache, 0.1F + 0.001F * static_cast<float>(i), 0, result(0.9F * static_cast<float>(i))));
  }
  const Lookup found = look(cache, 0, 0);
  CHECK(found.kind == LookupKind::kDivided);
  CHECK(found.homogeneity == doctest::Approx(0.5).epsilon(0.05));
}

TEST_CASE("only the k nearest vote") {
  CacheOptions options = small_options();
  options.vote.neighbours = 1;
  ReuseCache cache = make_cache(options);
  REQUIRE(keep(cache, 0.2F, 0, result(3)));
  REQUIRE(keep(cache, 0.3F, 0, result(7)));
  const Lookup hit = look(cache, 0, 0);
  CHECK(hit.kind == LookupKind::kHit);
  CHECK(hit.voters == 1);
  CHECK(number_of(*hit.outputs) == 3);
}

TEST_CASE("an entry older than max_age is never handed out") {
  ReuseCache cache = make_cache(small_options());
  REQUIRE(keep(cache, 0, 0, result(3), 0));
  REQUIRE(keep(cache, 0.1F, 0, result(3), 5000));
  CHECK(look(cache, 0, 0, 10'000).voters == 2);
  CHECK(look(cache, 0, 0, 10'001).voters == 1);
  CHECK(cache.entries() == 1);
  CHECK(look(cache, 0, 0, 15'001).kind == LookupKind::kFar);
  CHECK(cache.entries() == 0);
  CHECK(cache.stats().expired == 2);
  REQUIRE(keep(cache, 0, 0, result(4), 15'002));
  CHECK(number_of(*look(cache, 0, 0, 15'002).outputs) == 4);
}

TEST_CASE("being used does not make an entry younger") {
  ReuseCache cache = make_cache(small_options());
  REQUIRE(keep(cache, 0, 0, result(3), 0));
  for (std::int64_t ms = 0; ms <= 10'000; ms += 500) CHECK(look(cache, 0, 0, ms).kind == LookupKind::kHit);
  CHECK(look(cache, 0, 0, 10'500).kind == LookupKind::kFar);
}

TEST_CASE("a clock that is set back ends lives early, never late") {
  ReuseCache cache = make_cache(small_options());
  REQUIRE(keep(cache, 0, 0, result(3), 8000));
  CHECK(look(cache, 0, 0, 2000).age == Duration::zero());
  REQUIRE(keep(cache, 0.1F, 0, result(3),
               1000));  // kept as of 8000, not as of a past that would end it sooner than the first
  CHECK(look(cache, 0, 0, 1000).voters == 2);
  CHECK(look(cache, 0, 0, 18'001).kind == LookupKind::kFar);
  CHECK(look(cache, 0, 0, 5000).kind == LookupKind::kFar);
  for (const Instant extreme : {Instant::min(), Instant::max(), Instant::min()}) {
    const float embedding[] = {0, 0};
    CHECK(cache.lookup(embedding, extreme)->kind == LookupKind::kFar);
  }
}

TEST_CASE("an answer of another bundle, or another version, is refused and never served") {
  ReuseCache cache = make_cache(small_options());
  const float embedding[] = {0, 0};
  for (const BundleVersion& from : {BundleVersion{"faces", "1.1.0"}, BundleVersion{"cars", "1.2.0"}}) {
    const auto kept = cache.insert(from, embedding, result(3), Duration{1}, at_ms(0));
    REQUIRE_FALSE(kept);
    CHECK(kept.error().code == ErrorCode::kBundleVersionMismatch);
    CHECK(kept.error().message.find(from.version) != std::string::npos);
  }
  CHECK(cache.entries() == 0);
  CHECK(look(cache, 0, 0).kind == LookupKind::kFar);
}

TEST_CASE("a newer result for the same embedding takes the older one's place, with its own age") {
  ReuseCache cache = make_cache(small_options());
  REQUIRE(keep(cache, 0, 0, result(3), 0));
  REQUIRE(keep(cache, 0, 0, result(7), 2000));
  CHECK(cache.entries() == 1);
  CHECK(cache.stats().refreshed == 1);
  const Lookup hit = look(cache, 0, 0, 3000);
  CHECK(number_of(*hit.outputs) == 7);
  CHECK(hit.age == std::chrono::seconds(1));
}

TEST_CASE("embeddings that are no numbers, or of another dimension, are refused by lookup and insert") {
  ReuseCache cache = make_cache(small_options());
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    const float embedding[] = {0, bad};
    CHECK(cache.lookup(embedding, at_ms(0)).error().code == ErrorCode::kInvalidArgument);
    CHECK(cache.insert(kBundle, embedding, result(1), Duration{1}, at_ms(0)).error().code ==
          ErrorCode::kInvalidArgument);
  }
  const float longer[] = {0, 0, 0};
  CHECK(cache.lookup(longer, at_ms(0)).error().code == ErrorCode::kShapeMismatch);
  CHECK(cache.lookup({}, at_ms(0)).error().code == ErrorCode::kShapeMismatch);
  CHECK(cache.insert(kBundle, longer, result(1), Duration{1}, at_ms(0)).error().code == ErrorCode::kShapeMismatch);
  const float embedding[] = {0, 0};
  CHECK(cache.insert(kBundle, embedding, nullptr, Duration{1}, at_ms(0)).error().code == ErrorCode::kInvalidArgument);
  CHECK(cache.entries() == 0);
}

TEST_CASE("a lookup allocates nothing, hit or miss") {
  CacheOptions options = small_options();
  options.max_entries = 500;
  options.max_bytes = 1 << 20;
  ReuseCache cache = make_cache(options);
  Numbers numbers(21);
  for (int i = 0; i < 500; ++i)
    REQUIRE(keep(cache, numbers.unit() * 8, numbers.unit() * 8, result(numbers.unit() * 4)));
  const std::size_t before = allocation_count();
  for (int i = 0; i < 200; ++i) {
    const float embedding[] = {numbers.unit() * 10, numbers.unit() * 10};
    const auto found = cache.lookup(embedding, at_ms(50 * i));  // the last ones find everything expired
    if (!found) break;
  }
  CHECK(allocation_count() == before);
  CHECK(cache.stats().hits > 0);
  CHECK(cache.stats().divided_misses > 0);
  CHECK(cache.stats().far_misses > 0);
}

TEST_CASE("clear empties the cache; results that callers hold stay theirs") {
  ReuseCache cache = make_cache(small_options());
  const std::size_t empty = cache.bytes();
  for (int i = 0; i < 4; ++i) REQUIRE(keep(cache, static_cast<float>(i), 0, result(3)));
  const SharedOutputs held = look(cache, 0, 0).outputs;
  cache.clear();
  CHECK(cache.entries() == 0);
  CHECK(cache.bytes() == empty);
  CHECK(look(cache, 0, 0).kind == LookupKind::kFar);
  CHECK(number_of(*held) == 3);
  REQUIRE(keep(cache, 0, 0, result(5)));
  CHECK(number_of(*look(cache, 0, 0).outputs) == 5);
}
