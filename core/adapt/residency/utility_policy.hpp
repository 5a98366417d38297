// Worth by what a model saves for its bytes: popularity x load cost / bytes, where popularity is a decayed count, so
// that what was popular once makes room. Victims that turn out not to be needed are spared, the worthiest first; and
// where one large model alone frees enough and saves less than all of the victims, it goes in their place. One thread
// at a time.
#pragma once

#include "core/adapt/residency/decayed_counts.hpp"
#include "core/adapt/residency/ranked_policy.hpp"

namespace sluice::residency {

class UtilityPolicy final : public RankedPolicy {
 public:
  explicit UtilityPolicy(const PolicyOptions& options);
  void reserve(std::size_t models) override;
  void requested(ModelId model, Instant now) override;
  void forgotten(ModelId model) override { popularity_.forget(model); }

 protected:
  double worth(ModelId model, const ModelProfile& profile) override;
  void refine(const Shortage& shortage, std::vector<ModelId>& victims) override;

 private:
  double saving(ModelId model, const ModelProfile& profile) const;

  DecayedCounts popularity_;
  double popularity_exponent_;
  double cost_exponent_;
};

}  // namespace sluice::residency
