// Which answers given without the full model are recomputed by it: the probability of each, never 0, fixed before the draw and returned with
// it, since what is counted later needs it (audited_input.hpp). Higher where it is uncertain whether an answer is wrong, by the standard deviation
// of that, which makes the estimate the least uncertain for so many audits (Neyman, 1934); at the start, while little is known; and after a
// change. Draws come from a seed, so the same inputs are audited again in a replay.
// Plain numbers, nothing allocated, no clock. One thread at a time.
#pragma once

#include <cstdint>

#include "core/base/result.hpp"

namespace sluice::promise {

struct AuditOptions {
  double share = 0.02;          // of answers that are certain to be right or wrong, later on, above 0 to 1
  double uncertain_factor = 4;  // times that where one is as likely as the other, at least 1
  double begin_factor = 5;      // times that at the start and after a change, falling back to 1, at least 1
  double begin_inputs = 300;    // in which all but a third of it has fallen, above 0
  std::uint64_t seed = 1;
};

struct AuditDraw {
  double probability = 1;
  bool audited = false;
};

class AuditSampling {
 public:
  // kInvalidArgument names the option out of its range.
  static Result<AuditSampling> create(const AuditOptions& options);

  // For an answer that is expected to be wrong with this probability; one that is none counts as uncertain.
  double probability(double expected) const;
  // Counts the answer, and decides.
  AuditDraw draw(double expected);
  // Something has changed: more is audited again.
  void changed() { urgency_ = options_.begin_factor - 1; }

  // Its state for promise_state.hpp, to or from bytes.
  template <typename Archive>
  void archive(Archive& to) {
    to.real(urgency_, 0, kMostUrgency);
    to.count(state_, ~std::uint64_t{0});
  }

 private:
  static constexpr double kMostUrgency = 1000;

  explicit AuditSampling(const AuditOptions& options)
      : options_(options), urgency_(options.begin_factor - 1), state_(options.seed) {}

  AuditOptions options_;
  double urgency_;  // by how much more than usual is audited
  std::uint64_t state_;
};

}  // namespace sluice::promise
