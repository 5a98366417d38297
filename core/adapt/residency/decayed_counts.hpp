// How often each model was asked for, where a request counts half as much after each half life. Counts grow in weight
// as time goes by instead of shrinking, so that nothing but the counted one is touched: what count() gives compares
// models with each other at one time and means nothing beside what it gave earlier. Time that runs backwards counts as
// the latest seen. One thread at a time.
#pragma once

#include <vector>

#include "core/adapt/residency/model_profile.hpp"

namespace sluice::residency {

class DecayedCounts {
 public:
  // Duration::max(): requests count for ever.
  explicit DecayedCounts(Duration half_life) : half_life_(half_life) {}

  void reserve(std::size_t models);
  void add(ModelId model, Instant now);
  void forget(ModelId model) { counts_[model] = 0; }
  double count(ModelId model) const { return counts_[model]; }

 private:
  double weight(Instant now);

  Duration half_life_;
  Instant epoch_{};  // where a request weighs one
  Instant now_{};
  std::vector<double> counts_;
};

}  // namespace sluice::residency
