#include "core/promise/error_curve.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "tests/core/promise/audited_stream.hpp"

using namespace sluice;
using namespace sluice::promise;
using sluice::promise::test::Draws;

TEST_CASE("bins hold the scores between their edges") {
  for (std::size_t bin = 1; bin < ErrorCurve::kBins; ++bin) {
    const float edge = ErrorCurve::lower_edge(bin);
    CHECK(ErrorCurve::bin_of(std::nextafter(edge, 1.0F) + edge * 1e-5F) == bin);
    CHECK(ErrorCurve::bin_of(edge - edge * 1e-4F) <= bin);
    CHECK(edge > ErrorCurve::lower_edge(bin - 1));
  }
  CHECK(ErrorCurve::bin_of(0) == 0);
  CHECK(ErrorCurve::lower_edge(0) == 0);
  CHECK(ErrorCurve::lower_edge(ErrorCurve::kBins) > 1);
}

TEST_CASE("what is no score is in the last bin") {
  for (const float score : {1.0F, 2.0F, -0.5F, std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
    CHECK(ErrorCurve::bin_of(score) == ErrorCurve::kBins - 1);
  }
}

TEST_CASE("it begins as expected and comes to what the stream shows, whichever answers are known") {
  auto curve = ErrorCurve::create();
  CHECK(curve->rate(0.3F) == doctest::Approx(0.3).epsilon(0.15));
  Draws draws(1);
  // Scores that promise five times as many errors as there are; of the lower ones few answers are known.
  for (int i = 0; i < 20'000; ++i) {
    const float score = i % 2 == 0 ? 0.1F : 0.6F;
    curve->saw(score);
    const bool wrong = draws.with(score / 5);
    if (score > 0.5F || draws.with(0.1)) curve->learned(score, wrong);
  }
  curve->smooth();
  CHECK(curve->rate(0.1F) == doctest::Approx(0.02).epsilon(0.5));
  CHECK(curve->rate(0.6F) == doctest::Approx(0.12).epsilon(0.2));
  CHECK(curve->share(ErrorCurve::bin_of(0.1F)) == doctest::Approx(0.5).epsilon(0.01));
  CHECK(curve->seen() == doctest::Approx(3000).epsilon(0.01));
  CHECK(curve->variance(ErrorCurve::bin_of(0.1F)) > curve->variance(ErrorCurve::bin_of(0.6F)) / 10);
}

TEST_CASE("rates never fall with the score") {
  auto curve = ErrorCurve::create();
  Draws draws(2);
  for (int i = 0; i < 3000; ++i) {
    const auto score = static_cast<float>(draws.next());
    curve->saw(score);
    curve->learned(score, draws.with(0.5 - 0.4 * score));
    if (i % 50 != 0) continue;
    curve->smooth();
    for (std::size_t bin = 1; bin < ErrorCurve::kBins; ++bin) {
      REQUIRE(curve->rates()[bin] >= curve->rates()[bin - 1] - 1e-12);
    }
  }
}

TEST_CASE("what was is forgotten") {
  auto curve = ErrorCurve::create({.memory_inputs = 200});
  const auto go_on = [&](bool wrong) {
    for (int i = 0; i < 2000; ++i) {
      curve->saw(0.2F);
      curve->learned(0.2F, wrong);
    }
    curve->smooth();
    return curve->rate(0.2F);
  };
  CHECK(go_on(true) > 0.9);
  CHECK(go_on(false) < 0.05);
}

TEST_CASE("options and expectations out of their ranges are refused by name") {
  const auto said = [](const Result<ErrorCurve>& made) { return made ? std::string() : made.error().message; };
  CHECK(said(ErrorCurve::create({.memory_inputs = 1})).find("memory_inputs is 1") == 0);
  CHECK(said(ErrorCurve::create({.prior_inputs = 0})).find("prior_inputs is 0") == 0);
  auto rates = ErrorCurve::calibrated();
  rates[7] = std::numeric_limits<double>::quiet_NaN();
  CHECK(said(ErrorCurve::create({}, rates)).find("the rate expected of bin 7") == 0);
}
