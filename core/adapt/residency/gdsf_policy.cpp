#include "core/adapt/residency/gdsf_policy.hpp"

#include <algorithm>

namespace sluice::residency {

void GdsfPolicy::reserve(std::size_t models) {
  RankedPolicy::reserve(models);
  kept_.resize(std::max(models, kept_.size()));
}

void GdsfPolicy::requested(ModelId model, Instant now) {
  RankedPolicy::requested(model, now);
  kept_[model].uses += 1;
  refresh(kept_[model]);
}

void GdsfPolicy::admitted(ModelId model, const ModelProfile& profile) {
  kept_[model].per_use = static_cast<double>(profile.load_cost.count()) / static_cast<double>(profile.bytes);
  refresh(kept_[model]);
}

void GdsfPolicy::left(ModelId model) { kept_[model] = {}; }

void GdsfPolicy::choose(const Shortage& shortage, std::vector<ModelId>& victims) {
  RankedPolicy::choose(shortage, victims);
  for (const ModelId victim : victims) age_ = std::max(age_, kept_[victim].worth);
}

}  // namespace sluice::residency
