// Which answers given without the full model are recomputed by it: the probability of each, never 0, fixed before the draw and returned with
// it, since what is counted later needs it (audited_input.hpp). Higher near the threshold, where errors are; at the start, while little is known;
// and after a change. Draws come from a seed, so the same inputs are audited again in a replay.
// Plain numbers, nothing allocated, no clock. One thread at a time.
#pragma once

#include <cstdint>

#include "core/base/result.hpp"

namespace sluice::promise {

struct AuditOptions {
  double share = 0.02;        // of answers that lie neither near nor far, later on, above 0 to 1
  double near_factor = 3;     // times that where the score is near the threshold, at least 1
  double far_factor = 0.6;    // where it is far from it, above 0 to 1
  double begin_factor = 5;    // times that at the start and after a change, falling back to 1, at least 1
  double begin_inputs = 300;  // in which all but a third of it has fallen, above 0
  std::uint64_t seed = 1;
};

struct AuditDraw {
  double probability = 1;
  bool audited = false;
};

class AuditSampling {
 public:
  // Scores of at least so much of their threshold are near it, below so much far from it.
  static constexpr float kNear = 0.5F;
  static constexpr float kFar = 0.1F;

  // kInvalidArgument names the option out of its range.
  static Result<AuditSampling> create(const AuditOptions& options);

  // The probability for an answer with this score, which is below the threshold. One that is not a number counts as near.
  double probability(float score, float threshold) const;
  // Counts the answer, and decides.
  AuditDraw draw(float score, float threshold);
  // Something has changed: more is audited again.
  void changed() { urgency_ = options_.begin_factor - 1; }

 private:
  explicit AuditSampling(const AuditOptions& options)
      : options_(options), urgency_(options.begin_factor - 1), state_(options.seed) {}

  AuditOptions options_;
  double urgency_;  // by how much more than usual is audited
  std::uint64_t state_;
};

}  // namespace sluice::promise
