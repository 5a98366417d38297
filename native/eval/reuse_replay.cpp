#include "native/eval/reuse_replay.hpp"

#include <chrono>

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

}  // namespace

Result<std::vector<ReplayAnswer>> replay(std::span<const ReplayFrame> frames, const ReplaySetting& setting,
                                         const output::Agreement& agreement) {
  std::vector<ReplayAnswer> answers(frames.size());
  if (frames.empty()) return answers;
  auto cache = make_cache(setting, frames[0].embedding.size(), agreement);
  if (!cache) return fail(cache.error());
  Instant now{};
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const ReplayFrame& frame = frames[i];
    const bool begins = i == 0 || frame.sequence != frames[i - 1].sequence;
    if (begins && setting.forget_between_sequences) cache->clear();
    const std::uint32_t passed = begins || frame.frame < frames[i - 1].frame ? 1 : frame.frame - frames[i - 1].frame;
    now += std::chrono::milliseconds(std::uint64_t{passed} * setting.frame_ms);
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

}  // namespace sluice::eval
