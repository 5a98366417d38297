// GreedyDual-Size with frequency (Cherkasova 1998), as FaasCache keeps functions warm: worth = age + uses since the
// last load x load cost / bytes, fixed at the last use; the age is the worth of the last victim, so what isn't used is
// overtaken. One thread at a time.
#pragma once

#include "core/adapt/residency/ranked_policy.hpp"

namespace sluice::residency {

class GdsfPolicy final : public RankedPolicy {
 public:
  void reserve(std::size_t models) override;
  void requested(ModelId model, Instant now) override;
  void admitted(ModelId model, const ModelProfile& profile) override;
  void left(ModelId model) override;
  void choose(const Shortage& shortage, std::vector<ModelId>& victims) override;

 protected:
  double worth(ModelId model, const ModelProfile&) override { return kept_[model].worth; }

 private:
  struct Kept {
    double uses = 0;
    double per_use = 0;  // load cost / bytes; zero until it is admitted
    double worth = 0;
  };
  void refresh(Kept& kept) const { kept.worth = age_ + kept.uses * kept.per_use; }

  double age_ = 0;
  std::vector<Kept> kept_;
};

}  // namespace sluice::residency
