// Streams of made-up frames through the real client: what it saves and audits, and what goes wrong, which is known here.
#include "native/eval/live/live_course.hpp"

#include <doctest/doctest.h>

#include "core/questions/table.hpp"
#include "native/simulate/draw.hpp"

using namespace sluice;
using namespace sluice::eval;

namespace {

pipeline::Manifest toy() {
  pipeline::Manifest manifest;
  manifest.name = "toy";
  manifest.version = "1";
  manifest.model.part = "model";
  manifest.model.output.decoder = "retinaface";
  manifest.agree_when.rule = "boxes";
  auto skip = std::make_shared<questions::SkipSpec>();
  skip->redundant_when = "count == 0";
  skip->operating_points = {{0.9F, 0.95F, 0.19F, 0.1F}};
  skip->error_share = 0.3F;
  auto reuse = std::make_shared<questions::ReuseSpec>();
  reuse->output = "embedding";
  reuse->neighbours = 1;
  reuse->operating_points = {{0.95F, 0.95F, 0.5F, 0.5F}};
  reuse->error_share = 0.7F;
  for (const pipeline::QuestionRow& row : questions::all_questions()) {
    if (row.kind == "skip") manifest.questions.push_back({&row, skip});
    if (row.kind == "reuse") manifest.questions.push_back({&row, reuse});
  }
  return manifest;
}

// A filter that is good, but too careful: half of the frames are redundant, at scores that the calibrated threshold runs. What is needed moves by
// `step` from frame to frame, in embeddings whose neighbours have the same answer.
Measurement careful(std::size_t frames, std::uint64_t seed, float step = 0) {
  simulate::Draw draw(seed);
  Measurement measurement;
  measurement.agree_when = toy().agree_when;
  ClipRecord clip{"made up", false, {}};
  for (std::size_t i = 0; i < frames; ++i) {
    FrameRecord frame;
    frame.needed = i / 100 % 2 == 0;
    frame.score = static_cast<float>(frame.needed ? 0.6 + 0.4 * draw.uniform() : 0.2 + 0.5 * draw.uniform());
    if (step > 0) frame.embedding = {static_cast<float>(i / 100), step * static_cast<float>(i % 100)};
    clip.frames.push_back(frame);
  }
  measurement.clips.push_back(std::move(clip));
  return measurement;
}

LiveStream stream_of(const Measurement& measurement) {
  LiveStream stream;
  for (const FrameRecord& frame : measurement.clips[0].frames) stream.push_back(&frame);
  return stream;
}

LiveCourse course_of(const Measurement& measurement, const LiveSetting& setting) {
  auto made = run_course(toy(), measurement, stream_of(measurement), setting);
  if (!made) FAIL(made.error().message);
  return *std::move(made);
}

}  // namespace

TEST_CASE("a stream's own threshold saves what one for all streams does not, and keeps the target") {
  const Measurement measurement = careful(3000, 1);
  const LiveCourse still = course_of(measurement, {.live = false});
  CHECK(still.saved_rate() == 0);
  CHECK(still.agreement() == 1);
  CHECK(still.optimal_rate(0.9) == doctest::Approx(0.6));
  const LiveCourse live = course_of(measurement, {.seed = 3});
  CHECK(live.frames == 3000);
  CHECK(live.redundant == 1500);
  CHECK(live.agreement() >= 0.9);
  CHECK(live.saved_rate() > 0.6 * live.optimal_rate(0.9));
  CHECK(live.audit_rate() < 0.06);
  CHECK(live.proven_held);
  CHECK(live.frames_to_half_of_gain < 1500);
  REQUIRE(live.marks.size() == 100);
  const CourseMark& last = live.marks.back();
  CHECK(last.frame == 3000);
  CHECK(last.agreement == doctest::Approx(live.agreement()));
  CHECK(last.proven_low <= last.agreement);
  CHECK(last.proven_high >= last.agreement);
  CHECK(last.threshold > 0.3F);
}

TEST_CASE("the same course for the same seed, another one for another") {
  const Measurement measurement = careful(1000, 2);
  const LiveCourse first = course_of(measurement, {.seed = 1});
  const LiveCourse again = course_of(measurement, {.seed = 1});
  const LiveCourse other = course_of(measurement, {.seed = 2});
  CHECK(first.answered == again.answered);
  CHECK(first.audits == again.audits);
  CHECK((first.answered != other.answered || first.audits != other.audits));
}

TEST_CASE("REUSE answers what is needed and was seen just before, and counts as an answer without the model") {
  const Measurement measurement = careful(2000, 4, 0.001F);
  const LiveCourse with = course_of(measurement, {.seed = 1});
  const LiveCourse without = course_of(measurement, {.seed = 1, .reuse = false});
  CHECK(with.agreement() >= 0.9);
  CHECK(with.saved_rate() > without.saved_rate() + 0.2);
}

TEST_CASE("where something is needed in every frame nearly all are run, however low the scores") {
  Measurement measurement = careful(2000, 3);
  for (FrameRecord& frame : measurement.clips[0].frames) {
    frame.score = 0.01F;
    frame.needed = true;
  }
  const LiveCourse live = course_of(measurement, {.target = 0.9});
  CHECK(live.agreement() >= 0.9);
  CHECK(live.optimal_rate(0.9) == doctest::Approx(0.1));
}

TEST_CASE("a bundle without SKIP is refused") {
  pipeline::Manifest manifest = toy();
  manifest.questions.clear();
  const Measurement measurement = careful(10, 1);
  CHECK_FALSE(run_course(manifest, measurement, stream_of(measurement), {}).has_value());
}
