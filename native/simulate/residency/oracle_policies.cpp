#include "native/simulate/residency/oracle_policies.hpp"

#include <algorithm>

#include "core/adapt/residency/cremebrulee_policy.hpp"
#include "core/adapt/residency/ranked_policy.hpp"

namespace sluice::simulate {
namespace {

constexpr std::uint64_t kNeverAgain = ~std::uint64_t{0};

using residency::ModelId;
using residency::ModelProfile;

class OraclePolicy final : public residency::RankedPolicy {
 public:
  OraclePolicy(OracleKind kind, const RequestTrace& trace)
      : kind_(kind), next_of_(trace.requests.size()), next_(trace.models) {
    std::vector<std::uint64_t> following(trace.models, kNeverAgain);
    for (std::size_t i = trace.requests.size(); i-- > 0;) {
      next_of_[i] = following[trace.requests[i].model];
      following[trace.requests[i].model] = i;
    }
  }

  void requested(ModelId model, Instant now) override {
    RankedPolicy::requested(model, now);
    next_[model] = next_of_[now_at_];
    ++now_at_;
  }

 protected:
  double worth(ModelId model, const ModelProfile& profile) override {
    if (next_[model] == kNeverAgain) return -1;
    const auto until = static_cast<double>(next_[model] - now_at_ + 1);
    if (kind_ == OracleKind::kBelady) return 1 / until;
    return static_cast<double>(profile.load_cost.count()) / until / static_cast<double>(profile.bytes);
  }

  void refine(const residency::Shortage& shortage, std::vector<ModelId>& victims) override {
    if (kind_ == OracleKind::kCremeBrulee) residency::keep_largest(shortage, victims);
  }

 private:
  OracleKind kind_;
  std::vector<std::uint64_t> next_of_;  // of each request, when its model is asked for again
  std::vector<std::uint64_t> next_;     // of each model, seen from now
  std::size_t now_at_ = 0;              // requests so far
};

}  // namespace

std::unique_ptr<residency::Policy> make_oracle(OracleKind kind, const RequestTrace& trace) {
  return std::make_unique<OraclePolicy>(kind, trace);
}

}  // namespace sluice::simulate
