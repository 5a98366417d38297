#include "native/eval/reuse_replay.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "native/eval/labeller.hpp"

using namespace sluice;
using namespace sluice::eval;

namespace {

// Frames whose embedding is one number and whose result is one box at a place, or none.
class Recording {
 public:
  void add(std::uint32_t sequence, float embedding, float place, float score = 1) {
    std::vector<output::Detection> boxes;
    if (place >= 0) boxes.push_back({place, 0, place + 10, 10, 0.9F, {}});
    auto result = detections_result(boxes);
    REQUIRE(result);
    values_.push_back(std::vector<float>{embedding});
    ReplayFrame frame;
    frame.sequence = sequence;
    frame.frame = static_cast<std::uint32_t>(frames_.size());
    frame.score = score;
    frame.needed = place >= 0;
    frame.embedding = values_.back();
    frame.result = *result;
    frames_.push_back(frame);
  }

  std::vector<ReplayAnswer> replay(const ReplaySetting& setting) const {
    const auto agreement = output::Agreement::make({"boxes", 0.5F, 0});
    REQUIRE(agreement);
    const auto answers = eval::replay(frames_, setting, *agreement);
    REQUIRE_MESSAGE(answers.has_value(), answers.error().message);
    return *answers;
  }
  std::vector<bool> repeated(const ReplaySetting& setting) const {
    const auto agreement = output::Agreement::make({"boxes", 0.5F, 0});
    REQUIRE(agreement);
    const auto found = repeated_results(frames_, setting, *agreement);
    REQUIRE_MESSAGE(found.has_value(), found.error().message);
    return *found;
  }

 private:
  std::vector<std::vector<float>> values_;
  std::vector<ReplayFrame> frames_;
};

ReplaySetting setting(float skip_below, float cap) {
  ReplaySetting made;
  made.skip_below = skip_below;
  made.cap = cap;
  made.reuse.neighbours = 1;
  made.reuse.max_entries = 64;
  return made;
}

}  // namespace

TEST_CASE("SKIP decides first, what neither answers is learned, and what is near is reused, right or wrong") {
  Recording recording;
  recording.add(0, 0.0F, 0);         // runs: the cache is empty
  recording.add(0, 0.1F, 1);         // near, and the box hardly moved
  recording.add(0, 0.2F, 40);        // near, but the box is elsewhere
  recording.add(0, 5.0F, 40);        // far: runs
  recording.add(0, 5.0F, 40);        // reused
  recording.add(0, 5.0F, -1, 0.1F);  // skipped, rightly
  recording.add(0, 5.0F, 40, 0.1F);  // skipped, wrongly
  const auto answers = recording.replay(setting(0.5F, 1));
  REQUIRE(answers.size() == 7);
  CHECK(answers[0].outcome == Outcome::kRun);
  CHECK((answers[1].outcome == Outcome::kReused && answers[1].agrees));
  CHECK((answers[2].outcome == Outcome::kReused && !answers[2].agrees));
  CHECK(answers[3].outcome == Outcome::kRun);
  CHECK((answers[4].outcome == Outcome::kReused && answers[4].agrees));
  CHECK((answers[5].outcome == Outcome::kSkipped && answers[5].agrees));
  CHECK((answers[6].outcome == Outcome::kSkipped && !answers[6].agrees));
}

TEST_CASE("nothing is reused at a cap of 0, and a reused frame teaches nothing") {
  Recording recording;
  for (int i = 0; i < 4; ++i) recording.add(0, static_cast<float>(i) * 0.6F, 0);
  for (const auto& answer : recording.replay(setting(0, 0))) CHECK(answer.outcome == Outcome::kRun);
  // The second is near the first; the third is near the second, which was not run, and far from the first.
  const auto answers = recording.replay(setting(0, 1));
  CHECK(answers[1].outcome == Outcome::kReused);
  CHECK(answers[2].outcome == Outcome::kRun);
  CHECK(answers[3].outcome == Outcome::kReused);
}

TEST_CASE("a gate that knew the results would hold each as long as REUSE keeps one, and never run what it holds") {
  Recording recording;
  recording.add(0, 0, 0);   // runs
  recording.add(0, 9, 1);   // the same box, whatever the embedding says
  recording.add(0, 0, 40);  // another: runs
  recording.add(0, 0, -1);  // nothing there: SKIP's
  recording.add(0, 0, 0);   // the first again
  recording.add(1, 0, 40);  // another sequence
  ReplaySetting made = setting(0.5F, 1);
  CHECK(recording.repeated(made) == std::vector<bool>{false, true, false, false, true, false});
  made.forget_between_sequences = false;
  CHECK(recording.repeated(made) == std::vector<bool>{false, true, false, false, true, true});
  made.reuse.max_age_ms = 250;  // two frames: the first is gone when the fifth comes
  CHECK(recording.repeated(made) == std::vector<bool>{false, true, false, false, false, false});
}

TEST_CASE("a sequence begins with an empty cache where it is told to, and entries age") {
  Recording recording;
  recording.add(0, 0, 0);
  recording.add(1, 0, 0);
  recording.add(1, 0, 0);
  ReplaySetting made = setting(0, 1);
  CHECK(recording.replay(made)[1].outcome == Outcome::kRun);
  CHECK(recording.replay(made)[2].outcome == Outcome::kReused);
  made.forget_between_sequences = false;
  CHECK(recording.replay(made)[1].outcome == Outcome::kReused);
  made.reuse.max_age_ms = 50;  // less than from one frame to the next
  for (const auto& answer : recording.replay(made)) CHECK(answer.outcome == Outcome::kRun);
}
