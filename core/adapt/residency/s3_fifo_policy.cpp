#include <algorithm>

#include "core/adapt/residency/queue_policies.hpp"

namespace sluice::residency {
namespace {

constexpr std::uint64_t kSmallPart = 10;  // of the memory, one in so many
constexpr std::uint8_t kMostUses = 3;

}  // namespace

void S3FifoPolicy::reserve(std::size_t models) {
  for (Queue* queue : {&small_, &main_, &ghosts_}) queue->ids.reserve(models);
  uses_.resize(std::max(models, uses_.size()));
  bytes_.resize(uses_.size());
  marks_.reserve(models);
}

void S3FifoPolicy::requested(ModelId model, Instant) {
  if (small_.ids.contains(model) || main_.ids.contains(model)) {
    uses_[model] = std::min<std::uint8_t>(kMostUses, uses_[model] + 1);
  }
}

void S3FifoPolicy::push(Queue& queue, ModelId model, std::uint64_t bytes) {
  bytes_[model] = bytes;
  queue.bytes += bytes;
  queue.ids.push_newest(model);
}

void S3FifoPolicy::remove(Queue& queue, ModelId model) {
  queue.ids.remove(model);
  queue.bytes -= bytes_[model];
}

void S3FifoPolicy::admitted(ModelId model, const ModelProfile& profile) {
  const bool returns = ghosts_.ids.contains(model);
  if (returns) remove(ghosts_, model);
  uses_[model] = 0;
  push(returns ? main_ : small_, model, profile.bytes);
}

void S3FifoPolicy::left(ModelId model) {
  for (Queue* queue : {&small_, &main_}) {
    if (queue->ids.contains(model)) remove(*queue, model);
  }
}

ModelId S3FifoPolicy::oldest_candidate(const Queue& queue) const {
  ModelId model = queue.ids.oldest();
  while (model != kNoModel && !marks_.has(model)) model = queue.ids.newer_than(model);
  return model;
}

// The oldest newcomer that was used at most once since it came; the others move on.
ModelId S3FifoPolicy::evict_small() {
  for (ModelId model; (model = oldest_candidate(small_)) != kNoModel;) {
    remove(small_, model);
    if (uses_[model] <= 1) return model;
    uses_[model] = 0;
    push(main_, model, bytes_[model]);
  }
  return kNoModel;
}

ModelId S3FifoPolicy::evict_main() {
  for (ModelId model; (model = oldest_candidate(main_)) != kNoModel;) {
    remove(main_, model);
    if (uses_[model] == 0) return model;
    --uses_[model];
    push(main_, model, bytes_[model]);
  }
  return kNoModel;
}

void S3FifoPolicy::remember(ModelId model, std::uint64_t most_bytes) {
  push(ghosts_, model, bytes_[model]);
  while (ghosts_.bytes > most_bytes) remove(ghosts_, ghosts_.ids.oldest());
}

void S3FifoPolicy::choose(const Shortage& shortage, std::vector<ModelId>& victims) {
  marks_.mark(shortage.candidates);
  const std::uint64_t small_bytes = shortage.budget_bytes / kSmallPart;
  for (std::uint64_t freed = 0; freed < shortage.bytes;) {
    const bool small_first = small_.bytes > small_bytes;
    ModelId victim = small_first ? evict_small() : evict_main();
    if (victim == kNoModel) victim = small_first ? evict_main() : evict_small();
    if (victim == kNoModel) victim = evict_main();  // what evict_small() has moved there
    if (victim == kNoModel) return;
    if (small_first) remember(victim, shortage.budget_bytes - small_bytes);
    victims.push_back(victim);
    freed += shortage.profiles[victim].bytes;
  }
}

}  // namespace sluice::residency
