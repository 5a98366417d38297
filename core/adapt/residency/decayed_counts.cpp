#include "core/adapt/residency/decayed_counts.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::residency {
namespace {

constexpr double kMostHalfLives = 64;  // between renewals of the epoch: far from where doubles end

double microseconds(Instant at) { return static_cast<double>(at.time_since_epoch().count()); }

}  // namespace

void DecayedCounts::reserve(std::size_t models) { counts_.resize(std::max(models, counts_.size())); }

double DecayedCounts::weight(Instant now) {
  if (half_life_ == Duration::max()) return 1;
  now_ = std::max(now_, now);
  const double half_lives = (microseconds(now_) - microseconds(epoch_)) / static_cast<double>(half_life_.count());
  if (half_lives <= kMostHalfLives) return std::exp2(half_lives);
  const double shrink = std::exp2(-half_lives);
  for (double& count : counts_) count *= shrink;
  epoch_ = now_;
  return 1;
}

void DecayedCounts::add(ModelId model, Instant now) {
  const double added = weight(now);  // first: it may scale what is there
  counts_[model] += added;
}

}  // namespace sluice::residency
