#include "core/promise/estimated_errors.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/core/promise/audited_stream.hpp"

using namespace sluice;
using namespace sluice::promise;
using sluice::promise::test::draw;
using sluice::promise::test::Draws;

TEST_CASE("in the mean over many streams it is right, and its deviation is that of the estimates") {
  constexpr int kStreams = 2000;
  double sum = 0;
  double squares = 0;
  double variance = 0;
  for (int stream = 0; stream < kStreams; ++stream) {
    Draws draws(static_cast<std::uint64_t>(stream) + 1);
    auto estimated = EstimatedErrors::create();
    for (int i = 0; i < 1000; ++i) {
      // Rarer audits where there are fewer errors, as a controller would have it.
      const bool near = i % 4 == 0;
      REQUIRE(estimated->count(draw(draws.with(near ? 0.2 : 0.02), near ? 0.2 : 0.05, draws)));
    }
    const ErrorEstimate whole = estimated->whole();
    const double off = whole.errors - (250 * 0.2 + 750 * 0.02);
    sum += off;
    squares += off * off;
    variance += whole.deviation * whole.deviation;
  }
  CHECK(std::abs(sum / kStreams) < 2);
  // Less what one unseen error adds; more than the audits' own spread by that of the errors themselves.
  CHECK(variance / squares > 0.8);
  CHECK(variance / squares < 1.6);
}

TEST_CASE("nothing found is not nothing wrong") {
  auto estimated = EstimatedErrors::create();
  for (int i = 0; i < 300; ++i) REQUIRE(estimated->count({.audit_probability = 0.05}));
  CHECK(estimated->whole().errors == 0);
  CHECK(estimated->whole().deviation == doctest::Approx(std::sqrt(0.95) / 0.05));
  CHECK(estimated->whole().upper_rate(1.3) > 0.08);
}

TEST_CASE("the recent estimate forgets a bad beginning and sees a bad end") {
  auto estimated = EstimatedErrors::create({.recent_inputs = 500});
  Draws draws(5);
  for (int i = 0; i < 5000; ++i) REQUIRE(estimated->count(draw(i < 1000, 0.2, draws)));
  CHECK(estimated->whole().rate() == doctest::Approx(0.2).epsilon(0.15));
  CHECK(estimated->recent().rate() < 0.01);
  for (int i = 0; i < 500; ++i) REQUIRE(estimated->count(draw(true, 0.2, draws)));
  CHECK(estimated->whole().rate() < 0.35);
  CHECK(estimated->recent().rate() > 0.5);
  CHECK(estimated->inputs() == 5500);
  CHECK(estimated->found() <= estimated->audits());
}

TEST_CASE("the full model's answers count as inputs, and are never wrong") {
  auto estimated = EstimatedErrors::create();
  for (int i = 0; i < 100; ++i) REQUIRE(estimated->count({.by_full_model = true}));
  CHECK(estimated->whole().inputs == 100);
  CHECK(estimated->whole().deviation == 0);
  CHECK(estimated->whole().upper_rate(3) == 0);
}

TEST_CASE("what is no input or option is refused") {
  CHECK(EstimatedErrors::create({.recent_inputs = 1}).error().code == ErrorCode::kInvalidArgument);
  CHECK(EstimatedErrors::create({.recent_inputs = std::nan("")}).error().code == ErrorCode::kInvalidArgument);
  auto estimated = EstimatedErrors::create();
  CHECK(!estimated->count({.audit_probability = 0}));
  CHECK(!estimated->count({.audit_probability = 0.5, .wrong = true}));
  CHECK(estimated->inputs() == 0);
}
