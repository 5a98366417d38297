#include "native/eval/summary.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace sluice::eval {
namespace {

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// Mean difference of grey levels, 0..255.
double difference(const FrameRecord& a, const FrameRecord& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.thumbnail.size(); ++i) sum += std::abs(int{a.thumbnail[i]} - int{b.thumbnail[i]});
  return sum / static_cast<double>(std::max<std::size_t>(a.thumbnail.size(), 1));
}

// `run(clip, index, last_run)` decides whether a frame is run; the first of a clip always is.
template <typename Decide>
Baseline simulate(const Measurement& measurement, Decide run) {
  std::size_t frames = 0;
  std::size_t answered = 0;
  std::size_t right = 0;
  for (const ClipRecord& clip : measurement.clips) {
    std::size_t last = 0;
    for (std::size_t i = 0; i < clip.frames.size(); ++i) {
      ++frames;
      if (i == 0 || clip.still_pictures || run(clip, i, last)) {
        last = i;
        ++right;
        continue;
      }
      ++answered;
      if (clip.frames[i].needed == clip.frames[last].needed) ++right;
    }
  }
  return {"", "", frames == 0 ? 1 : share(right, frames), share(answered, frames)};
}

void keep_better(Baseline& best, Baseline candidate, double target) {
  if (candidate.agreement >= target && candidate.filter_rate > best.filter_rate) {
    candidate.name = best.name;
    best = std::move(candidate);
  }
}

}  // namespace

double Score::agreement() const { return frames == 0 ? 1 : 1 - share(missed, frames); }
double Score::filter_rate() const { return share(skipped, frames); }
double Score::optimal_rate(double target) const { return std::min(1.0, share(redundant, frames) + 1 - target); }

Score score_clip(const ClipRecord& clip, float threshold) {
  Score score;
  for (const FrameRecord& frame : clip.frames) {
    ++score.frames;
    if (!frame.needed) ++score.redundant;
    if (!(frame.score < threshold)) continue;
    ++score.skipped;
    if (frame.needed) ++score.missed;
  }
  return score;
}

Score score_all(const Measurement& measurement, float threshold) {
  Score sum;
  for (const ClipRecord& clip : measurement.clips) {
    const Score one = score_clip(clip, threshold);
    sum.frames += one.frames;
    sum.redundant += one.redundant;
    sum.skipped += one.skipped;
    sum.missed += one.missed;
  }
  return sum;
}

std::vector<Baseline> best_baselines(const Measurement& measurement, double target) {
  Baseline nth{"every n-th frame", "none keeps the target", 1, 0};
  for (std::size_t n = 2; n <= 300; ++n) {
    Baseline candidate =
        simulate(measurement, [&](const ClipRecord&, std::size_t i, std::size_t last) { return i - last >= n; });
    candidate.setting = "n = " + std::to_string(n);
    keep_better(nth, std::move(candidate), target);
  }
  Baseline changed{"frame difference", "none keeps the target", 1, 0};
  for (double level = 0.1; level < 128; level *= 1.1) {
    Baseline candidate = simulate(measurement, [&](const ClipRecord& clip, std::size_t i, std::size_t last) {
      return difference(clip.frames[i], clip.frames[last]) > level;
    });
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "grey levels > %.1f", level);
    candidate.setting = text.data();
    keep_better(changed, std::move(candidate), target);
  }
  return {nth, changed};
}

filter::Interval agreement_interval(const Score& score, double confidence) {
  return filter::clopper_pearson(score.frames - score.missed, score.frames, confidence);
}

}  // namespace sluice::eval
