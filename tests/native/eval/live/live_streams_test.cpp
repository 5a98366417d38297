#include "native/eval/live/live_streams.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace sluice;
using namespace sluice::eval;

namespace {

// Frames of a clip have scores from `first` on, a thousandth apart.
ClipRecord clip(const char* name, std::size_t frames, float first, bool still_pictures = false) {
  ClipRecord made{name, still_pictures, {}};
  for (std::size_t i = 0; i < frames; ++i) {
    FrameRecord frame;
    frame.score = first + 0.001F * static_cast<float>(i);
    frame.needed = i % 2 == 0;
    made.frames.push_back(frame);
  }
  return made;
}

}  // namespace

TEST_CASE("streams are made of stretches of videos in their order, and the same ones again") {
  Measurement measurement;
  measurement.clips = {clip("a", 90, 0), clip("pictures", 100, 0.5F, true), clip("b", 30, 0.2F), clip("empty", 0, 0)};
  const LiveStreams wanted{3, 1000, 7};
  const auto streams = compose_streams(measurement, wanted);
  REQUIRE(streams.has_value());
  REQUIRE(streams->size() == 3);
  std::set<bool> of_b;
  for (const LiveStream& stream : *streams) {
    REQUIRE(stream.size() == 1000);
    std::size_t cuts = 0;
    for (std::size_t i = 0; i < stream.size(); ++i) {
      CHECK(stream[i]->score < 0.25F);
      of_b.insert(stream[i]->score >= 0.2F);
      if (i != 0 && std::abs(stream[i]->score - stream[i - 1]->score - 0.001F) > 1e-5F) ++cuts;
    }
    CHECK(cuts >= 10);
    CHECK(cuts <= 34);
  }
  CHECK(of_b.size() == 2);
  const auto again = compose_streams(measurement, wanted);
  REQUIRE(again.has_value());
  for (std::size_t i = 0; i < 1000; ++i) CHECK((*again)[2][i]->score == (*streams)[2][i]->score);
  CHECK((*streams)[0][0]->score != (*streams)[1][0]->score);
}

TEST_CASE("still pictures make no stream") {
  Measurement measurement;
  measurement.clips = {clip("pictures", 100, 0, true)};
  const auto streams = compose_streams(measurement, {});
  REQUIRE_FALSE(streams.has_value());
  CHECK(streams.error().code == ErrorCode::kInvalidInput);
}
