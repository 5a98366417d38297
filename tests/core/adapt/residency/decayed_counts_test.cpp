#include "core/adapt/residency/decayed_counts.hpp"

#include <cmath>

#include "tests/core/adapt/residency/residency_fixture.hpp"

using namespace sluice;
using namespace sluice::test;
using residency::DecayedCounts;

TEST_CASE("a request counts half as much as one a half life later") {
  DecayedCounts counts(std::chrono::seconds(10));
  counts.reserve(2);
  counts.add(0, at_ms(0));
  counts.add(1, at_ms(10'000));
  CHECK(counts.count(1) == doctest::Approx(2 * counts.count(0)));
  counts.add(0, at_ms(10'000));
  CHECK(counts.count(0) == doctest::Approx(1.5 * counts.count(1)));
}

TEST_CASE("counts stay finite and in order over any number of half lives") {
  DecayedCounts counts(std::chrono::milliseconds(1));
  counts.reserve(3);
  counts.add(2, at_ms(0));
  for (std::int64_t ms = 1; ms < 2000; ++ms) {
    counts.add(0, at_ms(ms));
    counts.add(1, at_ms(ms));
    counts.add(1, at_ms(ms));
  }
  CHECK(std::isfinite(counts.count(1)));
  CHECK(counts.count(1) == doctest::Approx(2 * counts.count(0)));
  CHECK(counts.count(2) < 1e-30 * counts.count(0));
  counts.add(0, Instant::max());
  CHECK(counts.count(0) == 1);
  CHECK(counts.count(1) == 0);
}

TEST_CASE("without a half life every request counts for ever, and time that runs backwards counts as the latest") {
  DecayedCounts lifetime(Duration::max());
  lifetime.reserve(1);
  lifetime.add(0, at_ms(0));
  lifetime.add(0, Instant::max());
  CHECK(lifetime.count(0) == 2);
  DecayedCounts counts(std::chrono::seconds(1));
  counts.reserve(2);
  counts.add(0, at_ms(5000));
  counts.add(1, at_ms(-7000));
  CHECK(counts.count(0) == counts.count(1));
}
