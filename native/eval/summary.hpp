// What a measurement says: agreement with the full model and filter rate at a threshold, the optimum, and the trivial
// baselines. InFi, MobiCom'22, section 2: a skipped frame agrees when the model's result was redundant; a frame that is
// run agrees. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "core/filter/binomial.hpp"
#include "native/eval/measurement.hpp"

namespace sluice::eval {

struct Score {
  std::size_t frames = 0;
  std::size_t redundant = 0;
  std::size_t skipped = 0;
  std::size_t missed = 0;  // skipped although needed

  double agreement() const;
  double filter_rate() const;
  // The largest filter rate any filter can have at this agreement target: all that is redundant, and the errors
  // allowed.
  double optimal_rate(double target) const;
};

Score score_clip(const ClipRecord& clip, float threshold);
Score score_all(const Measurement& measurement, float threshold);

// A filter without learning, at the best setting for this very measurement (which favours it): it answers frames it
// does not run with the verdict of the last one it ran.
struct Baseline {
  std::string name;
  std::string setting;
  double agreement = 1;
  double filter_rate = 0;
};

// Running every n-th frame, and running a frame when it differs enough from the last one run: for each, the setting
// with the highest filter rate whose agreement is at least `target`. Still pictures are run always.
std::vector<Baseline> best_baselines(const Measurement& measurement, double target);

// The interval of the agreement, frames taken as independent (which flatters long clips: neighbours are near copies).
filter::Interval agreement_interval(const Score& score, double confidence);

}  // namespace sluice::eval
