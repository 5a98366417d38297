#include "native/eval/reuse_replay.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::eval {
namespace {

struct Entry {
  std::size_t frame = 0;
  std::uint32_t time_ms = 0;
};

struct Neighbour {
  float distance = 0;
  std::size_t frame = 0;
};

float distance(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum;
}

}  // namespace

Result<std::vector<ReplayAnswer>> replay(std::span<const ReplayFrame> frames, const ReplaySetting& setting,
                                         const AgreeFrames& agree) {
  std::vector<ReplayAnswer> answers(frames.size());
  std::vector<Entry> entries;
  std::vector<Neighbour> near;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const ReplayFrame& frame = frames[i];
    if (i > 0 && setting.forget_between_sequences && frame.sequence != frames[i - 1].sequence) entries.clear();
    if (frame.score < setting.skip_below) {
      answers[i] = {Outcome::kSkipped, !frame.needed};
      continue;
    }
    near.clear();
    for (const Entry& entry : entries) {
      const float d = distance(frame.embedding, frames[entry.frame].embedding);
      if (d < setting.cap) near.push_back({d, entry.frame});
    }
    const std::size_t k = std::min<std::size_t>(setting.neighbours, near.size());
    std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(k), near.end(),
                      [](const Neighbour& a, const Neighbour& b) { return a.distance < b.distance; });
    const bool alike = std::all_of(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(k),
                                   [&](const Neighbour& n) { return agree(n.frame, near.front().frame); });
    if (k > 0 && alike) {
      answers[i] = {Outcome::kReused, agree(i, near.front().frame)};
      continue;
    }
    if (entries.size() >= setting.max_entries) entries.erase(entries.begin());
    entries.push_back({i, frame.time_ms});
  }
  return answers;
}

}  // namespace sluice::eval
