#include "native/eval/live/live_course.hpp"

#include <doctest/doctest.h>

#include "native/simulate/draw.hpp"

using namespace sluice;
using namespace sluice::eval;

namespace {

// A filter that is good, but too careful: half of the frames are redundant, at scores that the calibrated threshold runs.
LiveStream careful(std::size_t frames, std::uint64_t seed) {
  simulate::Draw draw(seed);
  LiveStream stream;
  for (std::size_t i = 0; i < frames; ++i) {
    const bool needed = i / 100 % 2 == 0;
    const double score = needed ? 0.6 + 0.4 * draw.uniform() : 0.2 + 0.5 * draw.uniform();
    stream.push_back({static_cast<float>(score), needed});
  }
  return stream;
}

}  // namespace

TEST_CASE("a stream's own threshold saves what one for all streams does not, and keeps the target") {
  const LiveStream stream = careful(3000, 1);
  const LiveCourse still = run_static(stream, 0.19F);
  CHECK(still.saved_rate() == 0);
  CHECK(still.agreement() == 1);
  CHECK(still.optimal_rate(0.9) == doctest::Approx(0.6));
  for (const std::uint32_t delay : {0U, 25U}) {
    const auto live = run_live(stream, {.target = 0.9, .seed = 3, .audit_delay_frames = delay});
    REQUIRE(live.has_value());
    CHECK(live->frames == 3000);
    CHECK(live->redundant == 1500);
    CHECK(live->agreement() >= 0.9);
    CHECK(live->saved_rate() > 0.6 * live->optimal_rate(0.9));
    CHECK(live->audit_rate() < 0.06);
    CHECK(live->proven_held);
    CHECK(live->frames_to_half_of_gain < 1500);
    REQUIRE(live->marks.size() == 100);
    const CourseMark& last = live->marks.back();
    CHECK(last.frame == 3000);
    CHECK(last.agreement == doctest::Approx(live->agreement()));
    CHECK(last.proven_low <= last.agreement);
    CHECK(last.proven_high >= last.agreement);
    CHECK(last.threshold > 0.3F);
  }
}

TEST_CASE("the same course for the same seed, another one for another") {
  const LiveStream stream = careful(1000, 2);
  const auto first = run_live(stream, {.seed = 1});
  const auto again = run_live(stream, {.seed = 1});
  const auto other = run_live(stream, {.seed = 2});
  REQUIRE(first.has_value());
  CHECK(first->skipped == again->skipped);
  CHECK(first->audits == again->audits);
  CHECK((first->skipped != other->skipped || first->audits != other->audits));
}

TEST_CASE("where something is needed in every frame nearly all are run, however low the scores") {
  LiveStream stream(2000, ScoredFrame{0.01F, true});
  const auto live = run_live(stream, {.target = 0.9});
  REQUIRE(live.has_value());
  CHECK(live->agreement() >= 0.9);
  CHECK(live->optimal_rate(0.9) == doctest::Approx(0.1));
}

TEST_CASE("a target that is none is refused") { CHECK_FALSE(run_live({}, {.target = 1}).has_value()); }
