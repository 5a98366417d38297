#include "core/adapt/residency/cremebrulee_policy.hpp"

#include <algorithm>

#include "core/adapt/residency/power.hpp"
#include "core/adapt/residency/random_numbers.hpp"

namespace sluice::residency {

CremeBruleePolicy::CremeBruleePolicy(const PolicyOptions& options)
    : popularity_exponent_(options.popularity_exponent), cost_exponent_(options.cost_exponent), random_(options.seed) {}

void CremeBruleePolicy::reserve(std::size_t models) {
  requests_.resize(std::max(models, requests_.size()));
  ranked_.reserve(models);
}

void CremeBruleePolicy::requested(ModelId model, Instant) { ++requests_[model]; }

bool CremeBruleePolicy::goes_first(const Ranked& a, const Ranked& b) {
  if (a.utility != b.utility) return a.utility < b.utility;
  return a.tie != b.tie ? a.tie < b.tie : a.model < b.model;
}

void CremeBruleePolicy::choose(const Shortage& shortage, std::vector<ModelId>& victims) {
  ranked_.clear();
  for (const ModelId model : shortage.candidates) {
    const ModelProfile& profile = shortage.profiles[model];
    const double utility = power(static_cast<double>(requests_[model]), popularity_exponent_) *
                           power(static_cast<double>(profile.load_cost.count()), cost_exponent_) /
                           static_cast<double>(profile.bytes);
    ranked_.push_back({utility, next_random(random_), model});
  }
  std::sort(ranked_.begin(), ranked_.end(), goes_first);
  std::uint64_t freed = 0;
  for (auto one = ranked_.begin(); one != ranked_.end() && freed < shortage.bytes; ++one) {
    victims.push_back(one->model);
    freed += shortage.profiles[one->model].bytes;
  }
  keep_largest(shortage, victims);
}

void keep_largest(const Shortage& shortage, std::vector<ModelId>& victims) {
  std::sort(victims.begin(), victims.end(), [&](ModelId a, ModelId b) {
    const std::uint64_t bytes_a = shortage.profiles[a].bytes;
    const std::uint64_t bytes_b = shortage.profiles[b].bytes;
    return bytes_a != bytes_b ? bytes_a > bytes_b : a < b;
  });
  std::uint64_t freed = 0;
  std::size_t needed = 0;
  while (needed < victims.size() && freed < shortage.bytes) freed += shortage.profiles[victims[needed++]].bytes;
  victims.resize(needed);
}

}  // namespace sluice::residency
