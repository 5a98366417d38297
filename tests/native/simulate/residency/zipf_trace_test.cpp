#include "native/simulate/residency/zipf_trace.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace sluice;
using namespace sluice::simulate;

namespace {

std::vector<std::size_t> counts(const RequestTrace& trace, std::size_t begin, std::size_t end) {
  std::vector<std::size_t> found(trace.models);
  for (std::size_t i = begin; i < end; ++i) ++found[trace.requests[i].model];
  return found;
}

std::size_t most_asked(const RequestTrace& trace, std::size_t begin, std::size_t end) {
  const auto found = counts(trace, begin, end);
  return static_cast<std::size_t>(std::max_element(found.begin(), found.end()) - found.begin());
}

}  // namespace

TEST_CASE("popularity falls with the rank as Zipf says, and times are evenly spaced") {
  ZipfOptions options;
  options.models = 10;
  options.requests = 50'000;
  options.requests_per_s = 4;
  const auto trace = make_zipf_trace(options);
  REQUIRE(trace);
  auto found = counts(*trace, 0, trace->requests.size());
  std::sort(found.rbegin(), found.rend());
  for (std::size_t rank = 1; rank < 10; ++rank) {
    const double expected = static_cast<double>(found[0]) / static_cast<double>(rank + 1);
    CHECK(static_cast<double>(found[rank]) == doctest::Approx(expected).epsilon(0.1));
  }
  CHECK(trace->requests[6].at == Instant(std::chrono::milliseconds(1500)));
}

TEST_CASE("drift changes who is popular, at once or little by little") {
  ZipfOptions options;
  options.requests = 20'000;
  options.drift_every = 10'000;
  const auto dealt = make_zipf_trace(options);
  CHECK(most_asked(*dealt, 0, 10'000) != most_asked(*dealt, 10'000, 20'000));
  options.drift = Drift::kWindow;
  const auto moved = make_zipf_trace(options);
  const std::size_t first = most_asked(*moved, 0, 10'000);
  const auto later = counts(*moved, 10'000, 20'000);
  CHECK(most_asked(*moved, 10'000, 20'000) != first);
  // Four ranks down among 200: still asked for often.
  CHECK(later[first] > 200);
}

TEST_CASE("a seed gives the same requests, another seed others") {
  ZipfOptions options;
  options.requests = 100;
  const auto models = [&](std::uint64_t seed) {
    options.seed = seed;
    std::vector<std::uint32_t> found;
    const auto trace = make_zipf_trace(options);
    for (const auto& request : trace->requests) found.push_back(request.model);
    return found;
  };
  CHECK(models(3) == models(3));
  CHECK(models(3) != models(4));
}

TEST_CASE("what is no trace is refused") {
  ZipfOptions options;
  options.models = 0;
  CHECK(make_zipf_trace(options).error().code == ErrorCode::kInvalidArgument);
  for (const double bad :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    options = {};
    options.requests_per_s = bad;
    CHECK(make_zipf_trace(options).error().code == ErrorCode::kInvalidArgument);
  }
  options = {};
  options.exponent = std::numeric_limits<double>::quiet_NaN();
  CHECK(make_zipf_trace(options).error().code == ErrorCode::kInvalidArgument);
}
