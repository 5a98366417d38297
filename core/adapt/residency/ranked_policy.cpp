#include "core/adapt/residency/ranked_policy.hpp"

#include <algorithm>

namespace sluice::residency {

void RankedPolicy::reserve(std::size_t models) {
  last_request_.resize(std::max(models, last_request_.size()));
  ranked_.reserve(models);
}

void RankedPolicy::requested(ModelId model, Instant) { last_request_[model] = ++requests_; }

bool RankedPolicy::goes_later(const Ranked& a, const Ranked& b) {
  if (a.worth != b.worth) return a.worth > b.worth;
  if (a.last_request != b.last_request) return a.last_request > b.last_request;
  return a.model > b.model;
}

void RankedPolicy::choose(const Shortage& shortage, std::vector<ModelId>& victims) {
  ranked_.clear();
  for (const ModelId model : shortage.candidates) {
    ranked_.push_back({worth(model, shortage.profiles[model]), last_request_[model], model});
  }
  std::make_heap(ranked_.begin(), ranked_.end(), goes_later);
  std::uint64_t freed = 0;
  while (freed < shortage.bytes && !ranked_.empty()) {
    const ModelId victim = ranked_.front().model;
    std::pop_heap(ranked_.begin(), ranked_.end(), goes_later);
    ranked_.pop_back();
    victims.push_back(victim);
    freed += shortage.profiles[victim].bytes;
  }
  refine(shortage, victims);
}

}  // namespace sluice::residency
