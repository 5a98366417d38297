#include "core/adapt/residency/utility_policy.hpp"

#include "core/adapt/residency/power.hpp"

namespace sluice::residency {

UtilityPolicy::UtilityPolicy(const PolicyOptions& options)
    : popularity_(options.popularity_half_life),
      popularity_exponent_(options.popularity_exponent),
      cost_exponent_(options.cost_exponent) {}

void UtilityPolicy::reserve(std::size_t models) {
  RankedPolicy::reserve(models);
  popularity_.reserve(models);
}

void UtilityPolicy::requested(ModelId model, Instant now) {
  RankedPolicy::requested(model, now);
  popularity_.add(model, now);
}

double UtilityPolicy::saving(ModelId model, const ModelProfile& profile) const {
  return power(popularity_.count(model), popularity_exponent_) *
         power(static_cast<double>(profile.load_cost.count()), cost_exponent_);
}

double UtilityPolicy::worth(ModelId model, const ModelProfile& profile) {
  return saving(model, profile) / static_cast<double>(profile.bytes);
}

void UtilityPolicy::refine(const Shortage& shortage, std::vector<ModelId>& victims) {
  std::uint64_t freed = 0;
  for (const ModelId victim : victims) freed += shortage.profiles[victim].bytes;
  double lost = 0;
  std::size_t kept = victims.size();
  for (std::size_t i = victims.size(); i-- > 0;) {
    const ModelProfile& profile = shortage.profiles[victims[i]];
    if (freed - profile.bytes >= shortage.bytes) {
      freed -= profile.bytes;
      victims.erase(victims.begin() + static_cast<std::ptrdiff_t>(i));
      --kept;
    } else {
      lost += saving(victims[i], profile);
    }
  }
  if (kept < 2) return;
  ModelId alone = 0;
  bool found = false;
  for (const ModelId model : shortage.candidates) {
    const ModelProfile& profile = shortage.profiles[model];
    if (profile.bytes < shortage.bytes) continue;
    const double saved = saving(model, profile);
    if (saved < lost || (found && saved == lost && model < alone)) {
      lost = saved;
      alone = model;
      found = true;
    }
  }
  if (found) victims.assign(1, alone);
}

}  // namespace sluice::residency
