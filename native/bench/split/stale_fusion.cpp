#include "native/bench/split/stale_fusion.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace sluice::bench {
namespace {

constexpr float kAlways = std::numeric_limits<float>::infinity();
constexpr std::array<std::array<float, kThresholds>, 2> kLimits = {{
    {0, 0.05F, 0.1F, 0.2F, 0.3F, 0.4F, 0.6F, 0.8F, 1.2F, 1.6F, 2.4F, kAlways},  // of logits
    {0, 0.5F, 1, 1.5F, 2, 3, 4, 6, 9, 14, 20, kAlways},                         // of pixels, 0 to 255
}};

std::int64_t best(const std::vector<float>& logits) { return std::ranges::max_element(logits) - logits.begin(); }

std::int64_t fused(const std::vector<float>& guess, const std::vector<float>& remote, float share) {
  std::vector<float> logits(guess.size());
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = share * guess[i] + (1 - share) * remote[i];
  return best(logits);
}

template <typename Values>
float mean_distance(const Values& a, const Values& b) {
  float sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(static_cast<float>(a[i]) - static_cast<float>(b[i]));
  return sum / static_cast<float>(std::max<std::size_t>(a.size(), 1));
}

// How many are right, by share and threshold of each likeness.
using Grid = std::array<std::array<std::array<std::uint64_t, kThresholds>, kShares>, 2>;

struct ClipCounts {
  Grid grid{};
  Grid changing{};
  StaleCounts plain;
  StaleCounts plain_changing;
};

void count_plain(StaleCounts& counts, const Moment& old, const Moment& now) {
  ++counts.frames;
  counts.fresh += now.combined == now.full ? 1 : 0;
  counts.guess += best(now.guess) == now.full ? 1 : 0;
  counts.stale += old.combined == now.full ? 1 : 0;
  counts.learned += fused(now.guess, old.remote, old.share) == now.full ? 1 : 0;
}

void count_moment(ClipCounts& counts, bool changes, const Moment& old, const Moment& now) {
  count_plain(counts.plain, old, now);
  if (changes) count_plain(counts.plain_changing, old, now);
  const bool guess_right = best(now.guess) == now.full;
  const std::array<float, 2> distance = {mean_distance(old.guess, now.guess), mean_distance(old.luma, now.luma)};
  for (std::size_t s = 0; s < kShares; ++s) {
    const bool right = fused(now.guess, old.remote, static_cast<float>(s) / (kShares - 1)) == now.full;
    for (std::size_t like = 0; like < 2; ++like) {
      for (std::size_t t = 0; t < kThresholds; ++t) {
        const std::uint64_t one = (distance[like] <= kLimits[like][t] ? right : guess_right) ? 1 : 0;
        counts.grid[like][s][t] += one;
        if (changes) counts.changing[like][s][t] += one;
      }
    }
  }
}

std::vector<ClipCounts> count_clips(const std::vector<Stream>& streams, std::uint32_t age) {
  std::vector<ClipCounts> clips;
  for (const Stream& stream : streams) {
    if (stream.clip >= clips.size()) clips.resize(stream.clip + 1);
    const bool changes = stream.changes();
    for (std::size_t i = age; i < stream.moments.size(); ++i) {
      count_moment(clips[stream.clip], changes, stream.moments[i - age], stream.moments[i]);
    }
  }
  return clips;
}

struct Choice {
  std::size_t share = kShares - 1;  // the guess alone
  std::size_t threshold = kThresholds - 1;
};

// Each clip counts the same, however long it is and however many tiles it has. `left_out`: clips.size() for none.
Choice choose(const std::vector<ClipCounts>& clips, std::size_t left_out, std::size_t like, bool always) {
  Choice chosen;
  double most = -1;
  for (std::size_t s = kShares; s-- > 0;) {
    for (std::size_t t = always ? kThresholds - 1 : 0; t < kThresholds; ++t) {
      double sum = 0;
      for (std::size_t clip = 0; clip < clips.size(); ++clip) {
        const ClipCounts& one = clips[clip];
        if (clip == left_out || one.plain.frames == 0) continue;
        sum += static_cast<double>(one.grid[like][s][t]) / static_cast<double>(one.plain.frames);
      }
      if (sum > most + 1e-9) {
        most = sum;
        chosen = {s, t};
      }
    }
  }
  return chosen;
}

void add(StaleCounts& sum, const StaleCounts& one) {
  sum.frames += one.frames;
  sum.fresh += one.fresh;
  sum.guess += one.guess;
  sum.stale += one.stale;
  sum.learned += one.learned;
}

}  // namespace

bool Stream::changes() const {
  return std::ranges::any_of(moments, [&](const Moment& one) { return one.full != moments.front().full; });
}

StaleCounts count_stale(const std::vector<Stream>& streams, std::uint32_t age, bool only_changing) {
  const std::vector<ClipCounts> clips = count_clips(streams, age);
  StaleCounts sum;
  for (std::size_t clip = 0; clip < clips.size(); ++clip) {
    const ClipCounts& one = clips[clip];
    add(sum, only_changing ? one.plain_changing : one.plain);
    const Grid& grid = only_changing ? one.changing : one.grid;
    const Choice everywhere = choose(clips, clip, 0, true);
    sum.fused += grid[0][everywhere.share][everywhere.threshold];
    for (std::size_t like = 0; like < 2; ++like) {
      const Choice where = choose(clips, clip, like, false);
      sum.fused_like[like] += grid[like][where.share][where.threshold];
    }
  }
  sum.share = static_cast<double>(choose(clips, clips.size(), 0, true).share) / (kShares - 1);
  return sum;
}

}  // namespace sluice::bench
