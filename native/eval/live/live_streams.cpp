#include "native/eval/live/live_streams.hpp"

#include <algorithm>

#include "native/simulate/draw.hpp"

namespace sluice::eval {
namespace {

constexpr std::size_t kShortestStretch = 50;
constexpr std::size_t kLongestStretch = 400;

void add_stretch(LiveStream& stream, const ClipRecord& clip, simulate::Draw& draw) {
  const std::size_t drawn = kShortestStretch + draw.index(kLongestStretch - kShortestStretch + 1);
  const std::size_t frames = std::min(drawn, clip.frames.size());
  const std::size_t first = draw.index(clip.frames.size() - frames + 1);
  for (std::size_t i = first; i < first + frames; ++i) {
    stream.push_back(&clip.frames[i]);
  }
}

}  // namespace

Result<std::vector<LiveStream>> compose_streams(const Measurement& measurement, const LiveStreams& wanted) {
  std::vector<const ClipRecord*> videos;
  for (const ClipRecord& clip : measurement.clips) {
    if (!clip.still_pictures && !clip.frames.empty()) videos.push_back(&clip);
  }
  if (videos.empty()) return fail(ErrorCode::kInvalidInput, "a stream is made of videos, and there is none");
  std::vector<LiveStream> made(wanted.count);
  for (std::size_t i = 0; i < made.size(); ++i) {
    simulate::Draw draw(wanted.seed + i);
    while (made[i].size() < wanted.frames) add_stretch(made[i], *videos[draw.index(videos.size())], draw);
    made[i].resize(wanted.frames);
  }
  return made;
}

}  // namespace sluice::eval
