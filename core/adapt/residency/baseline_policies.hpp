// Policies that look at one thing alone, for comparison. One thread at a time.
#pragma once

#include "core/adapt/residency/decayed_counts.hpp"
#include "core/adapt/residency/random_numbers.hpp"
#include "core/adapt/residency/ranked_policy.hpp"

namespace sluice::residency {

// Least recently used: all are worth the same, so the last request decides.
class LruPolicy final : public RankedPolicy {
 protected:
  double worth(ModelId, const ModelProfile&) override { return 0; }
};

// Least often asked for, of late (LFU) or ever (popularity).
class CountPolicy final : public RankedPolicy {
 public:
  explicit CountPolicy(Duration half_life) : counts_(half_life) {}
  void reserve(std::size_t models) override {
    RankedPolicy::reserve(models);
    counts_.reserve(models);
  }
  void requested(ModelId model, Instant now) override {
    RankedPolicy::requested(model, now);
    counts_.add(model, now);
  }

 protected:
  double worth(ModelId model, const ModelProfile&) override { return counts_.count(model); }

 private:
  DecayedCounts counts_;
};

// What loads fastest goes first.
class LoadTimePolicy final : public RankedPolicy {
 protected:
  double worth(ModelId, const ModelProfile& profile) override { return static_cast<double>(profile.load_cost.count()); }
};

class RandomPolicy final : public RankedPolicy {
 public:
  explicit RandomPolicy(std::uint64_t seed) : random_(seed) {}

 protected:
  double worth(ModelId, const ModelProfile&) override { return static_cast<double>(next_random(random_) >> 11U); }

 private:
  std::uint64_t random_;
};

}  // namespace sluice::residency
