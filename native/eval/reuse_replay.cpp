#include "native/eval/reuse_replay.hpp"

#include <chrono>
#include <deque>

namespace sluice::eval {
namespace {

const reuse::BundleVersion kBundle{"replay", "1"};

Result<reuse::ReuseCache> make_cache(const ReplaySetting& setting, std::size_t dimension,
                                     const output::Agreement& agreement) {
  reuse::CacheOptions options;
  options.bundle = kBundle;
  options.dimension = dimension;
  options.max_entries = setting.reuse.max_entries;
  options.max_bytes = static_cast<std::size_t>(setting.reuse.max_bytes);
  options.max_age = std::chrono::milliseconds(setting.reuse.max_age_ms);
  options.eviction = setting.reuse.eviction;
  options.vote.neighbours = setting.reuse.neighbours;
  options.vote.min_homogeneity = setting.reuse.min_homogeneity;
  auto cache = reuse::ReuseCache::create(options, [agreement](const reuse::Outputs& a, const reuse::Outputs& b) {
    return agreement.agrees(a, b).value_or(false);
  });
  if (!cache) return fail(cache.error());
  cache->set_max_distance(setting.cap);
  return cache;
}

// When each frame comes: time goes on from one sequence to the next.
class FrameClock {
 public:
  FrameClock(std::span<const ReplayFrame> frames, std::uint32_t frame_ms) : frames_(frames), frame_ms_(frame_ms) {}

  bool begins(std::size_t i) const { return i == 0 || frames_[i].sequence != frames_[i - 1].sequence; }
  // Asked of every frame in turn.
  Instant at(std::size_t i) {
    const bool jumped = begins(i) || frames_[i].frame < frames_[i - 1].frame;
    const std::uint32_t passed = jumped ? 1 : frames_[i].frame - frames_[i - 1].frame;
    return now_ += std::chrono::milliseconds(std::uint64_t{passed} * frame_ms_);
  }

 private:
  std::span<const ReplayFrame> frames_;
  std::uint32_t frame_ms_;
  Instant now_{};
};

}  // namespace

Result<std::vector<ReplayAnswer>> replay(std::span<const ReplayFrame> frames, const ReplaySetting& setting,
                                         const output::Agreement& agreement) {
  std::vector<ReplayAnswer> answers(frames.size());
  if (frames.empty()) return answers;
  auto cache = make_cache(setting, frames[0].embedding.size(), agreement);
  if (!cache) return fail(cache.error());
  FrameClock clock(frames, setting.frame_ms);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const ReplayFrame& frame = frames[i];
    if (clock.begins(i) && setting.forget_between_sequences) cache->clear();
    const Instant now = clock.at(i);
    if (frame.score < setting.skip_below) {
      answers[i] = {Outcome::kSkipped, !frame.needed};
      continue;
    }
    const auto found = cache->lookup(frame.embedding, now);
    if (!found) return fail(found.error());
    if (found->kind == reuse::LookupKind::kHit) {
      const auto agrees = agreement.agrees(*found->outputs, *frame.result);
      if (!agrees) return fail(agrees.error());
      answers[i] = {Outcome::kReused, *agrees};
      continue;
    }
    // A result that does not fit is not kept; the cache goes on.
    if (auto kept = cache->insert(kBundle, frame.embedding, frame.result, std::chrono::milliseconds(20), now);
        !kept && kept.error().code != ErrorCode::kOutOfMemory) {
      return fail(kept.error());
    }
  }
  return answers;
}

Result<std::vector<bool>> repeated_results(std::span<const ReplayFrame> frames, const ReplaySetting& setting,
                                           const output::Agreement& agreement) {
  struct Held {
    const ReplayFrame* frame;
    Instant since;
  };
  std::vector<bool> repeated(frames.size());
  std::deque<Held> held;
  const auto max_age = std::chrono::milliseconds(setting.reuse.max_age_ms);
  FrameClock clock(frames, setting.frame_ms);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (clock.begins(i) && setting.forget_between_sequences) held.clear();
    const Instant now = clock.at(i);
    while (!held.empty() && now - held.front().since > max_age) held.pop_front();
    if (!frames[i].needed) continue;
    for (auto one = held.rbegin(); one != held.rend() && !repeated[i]; ++one) {
      const auto agrees = agreement.agrees(*one->frame->result, *frames[i].result);
      if (!agrees) return fail(agrees.error());
      repeated[i] = *agrees;
    }
    if (!repeated[i]) held.push_back({&frames[i], now});
  }
  return repeated;
}

}  // namespace sluice::eval
