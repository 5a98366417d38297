#include <algorithm>

#include "core/adapt/residency/queue_policies.hpp"

namespace sluice::residency {

void SievePolicy::reserve(std::size_t models) {
  queue_.reserve(models);
  visited_.resize(std::max(models, visited_.size()));
  marks_.reserve(models);
}

void SievePolicy::requested(ModelId model, Instant) { visited_[model] = queue_.contains(model) ? 1 : 0; }

void SievePolicy::admitted(ModelId model, const ModelProfile&) {
  visited_[model] = 0;
  queue_.push_newest(model);
}

void SievePolicy::left(ModelId model) {
  if (hand_ == model) hand_ = queue_.newer_than(model);
  if (queue_.contains(model)) queue_.remove(model);
}

ModelId SievePolicy::next_victim() {
  // Twice around: the first round may do no more than take marks.
  for (int wraps = 0; wraps < 3;) {
    if (hand_ == kNoModel) {
      hand_ = queue_.oldest();
      if (hand_ == kNoModel) break;
      ++wraps;
    }
    const ModelId at = hand_;
    hand_ = queue_.newer_than(at);
    if (!marks_.has(at)) continue;
    if (visited_[at] == 0) return at;
    visited_[at] = 0;
  }
  return kNoModel;
}

void SievePolicy::choose(const Shortage& shortage, std::vector<ModelId>& victims) {
  marks_.mark(shortage.candidates);
  for (std::uint64_t freed = 0; freed < shortage.bytes;) {
    const ModelId victim = next_victim();
    if (victim == kNoModel) return;
    left(victim);
    victims.push_back(victim);
    freed += shortage.profiles[victim].bytes;
  }
}

}  // namespace sluice::residency
