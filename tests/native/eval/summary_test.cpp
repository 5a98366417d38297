#include "native/eval/summary.hpp"

#include <doctest/doctest.h>

using namespace sluice::eval;

namespace {

FrameRecord frame(float score, bool needed, std::uint8_t grey = 0) {
  return {score, needed, std::vector<std::uint8_t>(32 * 24, grey), 0, {}, nullptr};
}

// Ten frames of nothing, then ten that matter, lit differently.
Measurement visit() {
  Measurement measurement;
  ClipRecord clip{"visit", false, {}};
  for (int i = 0; i < 10; ++i) clip.frames.push_back(frame(0.1F, false, 10));
  for (int i = 0; i < 10; ++i) clip.frames.push_back(frame(i == 0 ? 0.15F : 0.9F, true, 200));
  measurement.clips.push_back(clip);
  return measurement;
}

}  // namespace

TEST_CASE("agreement counts needed frames that were skipped, and nothing else") {
  const Score score = score_all(visit(), 0.5F);
  CHECK(score.frames == 20);
  CHECK(score.redundant == 10);
  CHECK(score.skipped == 11);
  CHECK(score.missed == 1);
  CHECK(score.agreement() == doctest::Approx(0.95));
  CHECK(score.filter_rate() == doctest::Approx(0.55));
  CHECK(score.skip_optimal_rate(0.9) == doctest::Approx(0.6));
  CHECK(score.skip_optimal_rate(0.3) == doctest::Approx(1.0));
  CHECK(score.optimal_rate(0.9) == doctest::Approx(0.6));  // without REUSE it is the same
}

TEST_CASE("a frame at the threshold runs; at threshold 0 every frame does") {
  CHECK(score_all(visit(), 0.1F).skipped == 0);
  CHECK(score_all(visit(), 0.0F).skipped == 0);
  CHECK(score_all(visit(), 0.0F).agreement() == 1.0);
}

TEST_CASE("the frame-difference baseline runs when the picture changes") {
  const auto baselines = best_baselines(visit(), 1.0);
  REQUIRE(baselines.size() == 2);
  CHECK(baselines[1].name == "frame difference");
  CHECK(baselines[1].agreement == 1.0);
  CHECK(baselines[1].filter_rate == doctest::Approx(0.9));  // two of twenty frames are run
}

TEST_CASE("the every-n-th baseline pays for being late") {
  const auto strict = best_baselines(visit(), 1.0);
  CHECK(strict[0].filter_rate == doctest::Approx(0.9));  // n = 10 happens to hit the change
  Measurement late = visit();
  late.clips[0].frames.insert(late.clips[0].frames.begin(), frame(0.1F, false, 10));
  const auto shifted = best_baselines(late, 1.0);
  CHECK(shifted[0].filter_rate < 0.92);
  CHECK(shifted[0].agreement == 1.0);
}

TEST_CASE("still pictures have no past that a baseline could repeat") {
  Measurement measurement = visit();
  measurement.clips[0].still_pictures = true;
  for (const Baseline& baseline : best_baselines(measurement, 0.9)) CHECK(baseline.filter_rate == 0.0);
}

TEST_CASE("nothing measured is no disagreement") {
  const Score score = score_all({}, 0.5F);
  CHECK(score.agreement() == 1.0);
  CHECK(score.filter_rate() == 0.0);
  CHECK(agreement_interval(score, 0.95).low == 0.0);
}
