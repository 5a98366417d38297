#include "native/eval/summary.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "core/filter/calibration.hpp"

namespace sluice::eval {
namespace {

// Mean difference of grey levels, 0..255.
double difference(const FrameRecord& a, const FrameRecord& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.thumbnail.size(); ++i) sum += std::abs(int{a.thumbnail[i]} - int{b.thumbnail[i]});
  return sum / static_cast<double>(std::max<std::size_t>(a.thumbnail.size(), 1));
}

// Whether repeating the result of one frame on another is right.
class Repeats {
 public:
  explicit Repeats(const Measurement& measurement) {
    if (auto rule = output::Agreement::make(measurement.agree_when)) rule_ = *rule;
  }
  bool agree(const FrameRecord& a, const FrameRecord& b) const {
    if (!rule_ || a.result == nullptr || b.result == nullptr) return a.needed == b.needed;
    return rule_->agrees(*a.result, *b.result).value_or(false);
  }

 private:
  std::optional<output::Agreement> rule_;
};

struct Repeated {
  std::size_t frames = 0;
  std::size_t answered = 0;
  std::size_t wrong = 0;
};

// A clip under a baseline. `run(clip, index, last_run)` decides whether a frame is run; the first of a clip always is.
template <typename Decide>
Repeated repeat(const ClipRecord& clip, const Repeats& repeats, Decide run) {
  Repeated result;
  std::size_t last = 0;
  for (std::size_t i = 0; i < clip.frames.size(); ++i) {
    ++result.frames;
    if (i == 0 || clip.still_pictures || run(clip, i, last)) {
      last = i;
      continue;
    }
    ++result.answered;
    if (!repeats.agree(clip.frames[i], clip.frames[last])) ++result.wrong;
  }
  return result;
}

auto run_every(std::size_t n) {
  return [n](const ClipRecord&, std::size_t i, std::size_t last) { return i - last >= n; };
}

auto run_changed(double level) {
  return [level](const ClipRecord& clip, std::size_t i, std::size_t last) {
    return difference(clip.frames[i], clip.frames[last]) > level;
  };
}

template <typename Decide>
Baseline simulate(const Measurement& measurement, Decide run) {
  const Repeats repeats(measurement);
  Repeated sum;
  for (const ClipRecord& clip : measurement.clips) {
    const Repeated one = repeat(clip, repeats, run);
    sum.frames += one.frames;
    sum.answered += one.answered;
    sum.wrong += one.wrong;
  }
  return {"", "", sum.frames == 0 ? 1 : 1 - share(sum.wrong, sum.frames), share(sum.answered, sum.frames)};
}

// Whether the promise holds: at most 1 - target of a clip's frames are answered wrongly, clips taken as independent.
template <typename Decide>
bool keeps(const Measurement& measurement, const Repeats& repeats, double target, double confidence, Decide run) {
  double loss = 0;
  for (const ClipRecord& clip : measurement.clips) {
    const Repeated one = repeat(clip, repeats, run);
    loss += share(one.wrong, one.frames);
  }
  const auto clips = static_cast<std::uint32_t>(measurement.clips.size());
  return filter::loss_p_value(loss, clips, false, 1 - target) <= 1 - confidence;
}

constexpr std::uint32_t kMostSkipped = 300;  // frames from one that is run to the next
constexpr double kFirstLevel = 0.1;          // grey levels
constexpr double kLastLevel = 128;
constexpr double kLevelStep = 1.1;

std::string level_text(double level) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "grey levels > %.1f", level);
  return text.data();
}

void keep_better(Baseline& best, Baseline candidate, double target) {
  if (candidate.agreement >= target && candidate.filter_rate > best.filter_rate) {
    candidate.name = best.name;
    best = std::move(candidate);
  }
}

}  // namespace

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double Score::agreement() const { return frames == 0 ? 1 : 1 - share(missed + false_hits, frames); }
double Score::filter_rate() const { return share(skipped + reused, frames); }
double Score::skip_rate() const { return share(skipped, frames); }
double Score::reuse_rate() const { return share(reused, frames); }
double Score::false_hit_rate() const { return share(false_hits, reused); }
Score& Score::operator+=(const Score& other) {
  frames += other.frames;
  redundant += other.redundant;
  repeated += other.repeated;
  skipped += other.skipped;
  missed += other.missed;
  reused += other.reused;
  false_hits += other.false_hits;
  return *this;
}
double Score::skip_optimal_rate(double target) const { return std::min(1.0, share(redundant, frames) + 1 - target); }
double Score::optimal_rate(double target) const {
  return std::min(1.0, share(redundant + repeated, frames) + 1 - target);
}

Score sum_of(std::span<const Score> scores) {
  Score sum;
  for (const Score& score : scores) sum += score;
  return sum;
}

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
  for (const ClipRecord& clip : measurement.clips) sum += score_clip(clip, threshold);
  return sum;
}

Result<std::vector<Score>> score_replayed(const Measurement& measurement, ReplaySetting setting) {
  const auto agreement = output::Agreement::make(measurement.agree_when);
  if (!agreement) return fail(agreement.error());
  std::vector<ReplayFrame> frames;
  for (std::size_t c = 0; c < measurement.clips.size(); ++c) {
    for (const FrameRecord& frame : measurement.clips[c].frames) {
      if (frame.embedding.empty() || frame.result == nullptr)
        return fail(ErrorCode::kInvalidArgument, "the measurement has no embeddings and results to replay");
      frames.push_back(
          {static_cast<std::uint32_t>(c), frame.index, frame.score, frame.needed, frame.embedding, frame.result});
    }
  }
  setting.forget_between_sequences = false;
  const auto answers = replay(frames, setting, *agreement);
  if (!answers) return fail(answers.error());
  const auto repeats = repeated_results(frames, setting, *agreement);
  if (!repeats) return fail(repeats.error());
  std::vector<Score> scores(measurement.clips.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    Score& score = scores[frames[i].sequence];
    ++score.frames;
    if (!frames[i].needed) ++score.redundant;
    if ((*repeats)[i]) ++score.repeated;
    const ReplayAnswer& answer = (*answers)[i];
    const bool skipped = answer.outcome == Outcome::kSkipped;
    const bool reused = answer.outcome == Outcome::kReused;
    if (skipped) ++score.skipped;
    if (reused) ++score.reused;
    if (skipped && !answer.agrees) ++score.missed;
    if (reused && !answer.agrees) ++score.false_hits;
  }
  return scores;
}

std::vector<Baseline> baselines_at(const Measurement& measurement, const BaselineSettings& settings) {
  Baseline nth = simulate(measurement, run_every(settings.every_nth));
  nth.name = "every n-th frame";
  nth.setting = "n = " + std::to_string(settings.every_nth);
  Baseline changed = simulate(measurement, run_changed(settings.frame_difference > 0 ? settings.frame_difference : -1));
  changed.name = "frame difference";
  changed.setting = level_text(settings.frame_difference);
  return {nth, changed};
}

std::vector<Baseline> best_baselines(const Measurement& measurement, double target) {
  Baseline nth{"every n-th frame", "none keeps the target", 1, 0};
  for (std::size_t n = 2; n <= kMostSkipped; ++n) {
    Baseline candidate = simulate(measurement, run_every(n));
    candidate.setting = "n = " + std::to_string(n);
    keep_better(nth, std::move(candidate), target);
  }
  Baseline changed{"frame difference", "none keeps the target", 1, 0};
  for (double level = kFirstLevel; level < kLastLevel; level *= kLevelStep) {
    Baseline candidate = simulate(measurement, run_changed(level));
    candidate.setting = level_text(level);
    keep_better(changed, std::move(candidate), target);
  }
  return {nth, changed};
}

BaselineSettings calibrate_baselines(const Measurement& measurement, double target, double confidence) {
  const Repeats repeats(measurement);
  BaselineSettings chosen{target, 1, 0};
  for (std::uint32_t n = 2; n <= kMostSkipped; ++n) {
    if (!keeps(measurement, repeats, target, confidence, run_every(n))) break;
    chosen.every_nth = n;
  }
  for (double level = kFirstLevel; level < kLastLevel; level *= kLevelStep) {
    if (!keeps(measurement, repeats, target, confidence, run_changed(level))) break;
    chosen.frame_difference = level;
  }
  return chosen;
}

filter::Interval agreement_interval(const Score& score, double confidence) {
  return filter::clopper_pearson(score.frames - score.missed - score.false_hits, score.frames, confidence);
}

}  // namespace sluice::eval
