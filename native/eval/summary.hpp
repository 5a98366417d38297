// What a measurement says: agreement with the full model and filter rate at a setting, the optimum, and the trivial
// baselines. InFi, MobiCom'22, section 2: a skipped frame agrees when the model's result was redundant, a reused result when it
// agrees with the model's by the bundle's rule; a frame that is run agrees. Pure functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/filter/binomial.hpp"
#include "native/eval/measurement.hpp"
#include "native/eval/reuse_replay.hpp"

namespace sluice::eval {

// part / whole; 0 of nothing.
double share(std::size_t part, std::size_t whole);

struct Score {
  std::size_t frames = 0;
  std::size_t redundant = 0;
  std::size_t repeated = 0;  // not redundant, but a gate could have held the result: see optimal_rate()
  std::size_t skipped = 0;
  std::size_t missed = 0;  // skipped although needed
  std::size_t reused = 0;
  std::size_t false_hits = 0;  // reused although the model's result is another

  double agreement() const;
  double filter_rate() const;  // of SKIP and REUSE together
  double skip_rate() const;
  double reuse_rate() const;
  double false_hit_rate() const;  // of what was reused
  Score& operator+=(const Score& other);
  // The largest share that SKIP alone can answer at this agreement target: all that is redundant, and the errors allowed.
  double skip_optimal_rate(double target) const;
  // What a gate of both questions would answer that knew the model's result of every frame before it ran it: all that is
  // redundant, what has the result of a frame that was run no longer ago than REUSE keeps one, and the errors allowed.
  double optimal_rate(double target) const;
};

Score sum_of(std::span<const Score> scores);

// SKIP alone.
Score score_clip(const ClipRecord& clip, float threshold);
Score score_all(const Measurement& measurement, float threshold);

// SKIP and REUSE, the clips one after the other through one cache; a score for each clip. kInvalidArgument when the
// measurement has no embeddings.
Result<std::vector<Score>> score_replayed(const Measurement& measurement, ReplaySetting setting);

// A filter without learning: it answers frames it does not run with the result of the last one it ran. Still pictures are run
// always.
struct Baseline {
  std::string name;
  std::string setting;
  double agreement = 1;
  double filter_rate = 0;
};

// Settings of the baselines that keep an agreement.
struct BaselineSettings {
  double target = 0;
  std::uint32_t every_nth = 1;  // 1 runs every frame
  double frame_difference =
      0;  // runs a frame that differs by more grey levels from the last one run; 0 runs every frame
};

// Both baselines at these settings.
std::vector<Baseline> baselines_at(const Measurement& measurement, const BaselineSettings& settings);

// The best settings for this very measurement, which favours them: the highest filter rate whose agreement is at least `target`.
std::vector<Baseline> best_baselines(const Measurement& measurement, double target);

// Settings for other data, chosen on this measurement as SKIP's and REUSE's thresholds are: the boldest setting before the
// first one of a fixed order that cannot be promised, each clip a block (core/filter/calibration.hpp).
BaselineSettings calibrate_baselines(const Measurement& measurement, double target, double confidence);

// The interval of the agreement, frames taken as independent (which flatters long clips: neighbours are near copies).
filter::Interval agreement_interval(const Score& score, double confidence);

}  // namespace sluice::eval
