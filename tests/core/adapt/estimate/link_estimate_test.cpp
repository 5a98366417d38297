// The link's estimate on links of a known rate and round trip: found, followed, and what odd clocks and odd links do to it.
#include "core/adapt/estimate/link_estimate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "tests/counting_new.hpp"

using sluice::Duration;
using sluice::Instant;
using sluice::adapt::LinkEstimate;
using namespace std::chrono_literals;

namespace {

// A link that carries one message after another.
class Link {
 public:
  Link(double bytes_per_s, Duration round_trip) : bytes_per_s_(bytes_per_s), round_trip_(round_trip) {}

  LinkEstimate::Acknowledgement send(std::size_t bytes, Instant at) {
    const auto carried = Duration(static_cast<std::int64_t>(static_cast<double>(bytes) / bytes_per_s_ * 1e6));
    free_ = std::max(free_, at) + carried;
    return {bytes, at, free_ + round_trip_ + kServer, kServer};
  }

 private:
  static constexpr Duration kServer = 12ms;
  double bytes_per_s_;
  Duration round_trip_;
  Instant free_ = Instant::min();
};

void use(LinkEstimate& estimate, Link link, int messages, Duration spacing, Instant begin) {
  std::mt19937 random(4);
  for (int i = 0; i < messages; ++i) {
    const auto bytes = static_cast<std::size_t>(std::uniform_int_distribution<int>(2'000, 300'000)(random));
    CHECK(estimate.observe(link.send(bytes, begin + i * spacing)));
  }
}

}  // namespace

TEST_CASE("rate and round trip are found without any time of the server's clock") {
  LinkEstimate estimate(100, 100'000);
  use(estimate, Link(1'000'000, 40ms), 100, 1s, Instant(10s));
  CHECK(estimate.bytes_per_s() == doctest::Approx(1e6).epsilon(0.15));
  CHECK(estimate.round_trip_ms() == doctest::Approx(40).epsilon(0.3));
  CHECK(estimate.predict(500'000).mean_ms == doctest::Approx(540).epsilon(0.1));
}

TEST_CASE("a link that turns thin is followed within a few messages") {
  LinkEstimate estimate(100, 100'000);
  use(estimate, Link(1'000'000, 40ms), 100, 1s, Instant(10s));
  use(estimate, Link(100'000, 40ms), 8, 5s, Instant(200s));
  CHECK(estimate.predict(200'000).mean_ms == doctest::Approx(2040).epsilon(0.25));
}

TEST_CASE("messages that overlap are not each charged with the other's time") {
  LinkEstimate estimate(40, 1'000'000);
  use(estimate, Link(1'000'000, 40ms), 200, 20ms, Instant(1s));  // far more than the link carries
  CHECK(estimate.bytes_per_s() > 600'000);
}

TEST_CASE("a clock that jumps back is not learnt from") {
  LinkEstimate estimate(50, 500'000);
  CHECK_FALSE(estimate.observe({1000, Instant(5s), Instant(4s), 0ms}));
  CHECK_FALSE(estimate.observe({1000, Instant(5s), Instant(5100ms), 200ms}));  // the server claims more than there was
  CHECK_FALSE(estimate.observe({1000, Instant(5s), Instant(6s), -1ms}));
  CHECK(estimate.refused() == 3);
  CHECK(estimate.observations() == 0);
  CHECK(estimate.bytes_per_s() == doctest::Approx(500'000));
  // The jump itself: what was acknowledged later by the clock as it was says nothing of what is sent now.
  CHECK(estimate.observe({1000, Instant(100s), Instant(100s + 52ms), 0ms}));
  CHECK(estimate.observe({1000, Instant(1s), Instant(1s + 52ms), 0ms}));
  CHECK(estimate.round_trip_ms() < 55);
}

TEST_CASE("a link too fast to be measured has the greatest rate there is") {
  LinkEstimate estimate(0, LinkEstimate::kFastest);
  for (int i = 0; i < 50; ++i) CHECK(estimate.observe({1'000'000, Instant(1s * i), Instant(1s * i), 0ms}));
  CHECK(estimate.bytes_per_s() <= LinkEstimate::kFastest);
  CHECK(estimate.bytes_per_s() > 0.9 * LinkEstimate::kFastest);
  CHECK(estimate.predict(1'000'000).mean_ms < 1);
}

TEST_CASE("a link that carries nothing is expected to be as slow as it has been waited for") {
  LinkEstimate estimate(50, 1'000'000);
  estimate.waited(100'000, Instant(1s), Instant(1s + 30ms));  // not late yet
  CHECK(estimate.bytes_per_s() == doctest::Approx(1'000'000));
  estimate.waited(100'000, Instant(1s), Instant(21s));
  CHECK(estimate.predict(100'000).mean_ms == doctest::Approx(20'000).epsilon(0.01));
  estimate.waited(100'000, Instant(1s), Instant(std::chrono::hours(100'000)));
  CHECK(estimate.bytes_per_s() >= LinkEstimate::kSlowest);
  CHECK(std::isfinite(estimate.predict(100'000).p95_ms));
  // Its acknowledgement ends the wait.
  CHECK(estimate.observe({100'000, Instant(1s), Instant(1s + 150ms), 0ms}));
  CHECK(estimate.bytes_per_s() > 100'000);
}

TEST_CASE("what it begins with is brought into its bounds") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(LinkEstimate(nan, inf).bytes_per_s() == doctest::Approx(LinkEstimate::kFastest));
  CHECK(LinkEstimate(inf, nan).bytes_per_s() == doctest::Approx(LinkEstimate::kSlowest));
  CHECK(LinkEstimate(-1, 0).predict(0).mean_ms == 0);
}

TEST_CASE("an acknowledgement allocates nothing") {
  LinkEstimate estimate(50, 500'000);
  const auto before = sluice::test::allocation_count();
  for (int i = 0; i < 200; ++i) estimate.observe({1000, Instant(1s * i), Instant(1s * i + 60ms), 5ms});
  CHECK(sluice::test::allocation_count() == before);
}
