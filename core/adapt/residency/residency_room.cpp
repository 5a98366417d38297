// Who goes: what may be evicted just now, whom the policy chooses of it, and what drains for one that has waited long.
#include <algorithm>

#include "core/adapt/residency/residency.hpp"

namespace sluice::residency {

bool Residency::is_young(const Slot& slot) const { return now_ - slot.loaded_at < options_.min_residency; }

bool Residency::may_go(const Slot& slot) const {
  return slot.state == State::kResident && slot.uses == 0 && !slot.pinned && !slot.awaited;
}

// Fills candidates_ and returns their bytes.
std::uint64_t Residency::collect_candidates(ModelId spared) {
  candidates_.clear();
  young_.clear();
  std::uint64_t bytes = 0;
  std::uint64_t young_bytes = 0;
  for (const ModelId model : resident_) {
    const Slot& slot = slots_[model];
    if (!may_go(slot) || model == spared) continue;
    if (is_young(slot)) {
      young_.push_back(model);
      young_bytes += profiles_[model].bytes;
    } else {
      candidates_.push_back(model);
      bytes += profiles_[model].bytes;
    }
  }
  const auto most = static_cast<std::uint64_t>(options_.young_share * static_cast<double>(options_.budget_bytes));
  if (young_bytes <= most) return bytes;
  // Too many were just loaded: the oldest of them lose their protection.
  std::sort(young_.begin(), young_.end(), [this](ModelId a, ModelId b) {
    return slots_[a].loaded_at != slots_[b].loaded_at ? slots_[a].loaded_at < slots_[b].loaded_at : a < b;
  });
  for (auto one = young_.begin(); young_bytes > most; ++one) {
    candidates_.push_back(*one);
    bytes += profiles_[*one].bytes;
    young_bytes -= profiles_[*one].bytes;
  }
  return bytes;
}

// Evicts until `bytes` more are free, into victims_. False, and nothing has changed, where too little may go.
bool Residency::make_room(std::uint64_t bytes, ModelId spared) {
  victims_.clear();
  if (bytes == 0) return true;
  if (collect_candidates(spared) < bytes) return false;
  policy_->choose({bytes, options_.budget_bytes, candidates_, profiles_}, victims_);
  for (const ModelId victim : victims_) evict(victim);
  return true;
}

void Residency::evict(ModelId model) {
  Slot& slot = slots_[model];
  const ModelId last = resident_.back();
  resident_[slot.resident_index] = last;
  slots_[last].resident_index = slot.resident_index;
  resident_.pop_back();
  slot.state = State::kAbsent;
  slot.draining = false;
  used_bytes_ -= profiles_[model].bytes;
  policy_->left(model);
  ++stats_.evictions;
}

// Nothing else frees enough: those in use take no new uses, those with the fewest first, until they and what may go
// hold `bytes`.
void Residency::drain_for(std::uint64_t bytes) {
  std::uint64_t coming = collect_candidates(kNoModel);
  victims_.clear();
  for (const ModelId model : resident_) {
    const Slot& slot = slots_[model];
    if (slot.draining) coming += profiles_[model].bytes;
    if (slot.uses > 0 && !slot.pinned && !slot.draining) victims_.push_back(model);
  }
  std::sort(victims_.begin(), victims_.end(), [this](ModelId a, ModelId b) {
    return slots_[a].uses != slots_[b].uses ? slots_[a].uses < slots_[b].uses : a < b;
  });
  for (auto one = victims_.begin(); one != victims_.end() && coming < bytes; ++one) {
    slots_[*one].draining = true;
    coming += profiles_[*one].bytes;
  }
  victims_.clear();
}

}  // namespace sluice::residency
