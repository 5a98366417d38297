// CremeBrulee's online policy as released (Guo, Walls, Ogden: ACSOS 2021): (share of all requests so far)^b x (load
// cost)^c / bytes. The count is of a lifetime, kept for evicted models too, and never ages. Ties break at random. Of
// the victims only as many go as are needed, the largest first. The released code divides shares and costs by the
// largest among the resident, which changes no order and is left out here. One thread at a time.
#pragma once

#include "core/adapt/residency/policy.hpp"

namespace sluice::residency {

class CremeBruleePolicy final : public Policy {
 public:
  explicit CremeBruleePolicy(const PolicyOptions& options);
  void reserve(std::size_t models) override;
  void requested(ModelId model, Instant now) override;
  void admitted(ModelId, const ModelProfile&) override {}
  void left(ModelId) override {}
  void choose(const Shortage& shortage, std::vector<ModelId>& victims) override;

 private:
  struct Ranked {
    double utility = 0;
    std::uint64_t tie = 0;
    ModelId model = 0;
  };
  static bool goes_first(const Ranked& a, const Ranked& b);

  double popularity_exponent_;
  double cost_exponent_;
  std::uint64_t random_;
  std::vector<std::uint64_t> requests_;
  std::vector<Ranked> ranked_;
};

// Of `victims`, which hold enough, keeps the largest until they alone do: no victim that is superfluous.
void keep_largest(const Shortage& shortage, std::vector<ModelId>& victims);

}  // namespace sluice::residency
