// The part that policies with a worth for each model share: the least worthy go first, among equals the one that was
// asked for longest ago. The worth is asked for anew at each shortage, so it may change with time. One thread at a
// time.
#pragma once

#include <cstdint>
#include <vector>

#include "core/adapt/residency/policy.hpp"

namespace sluice::residency {

class RankedPolicy : public Policy {
 public:
  void reserve(std::size_t models) override;
  void requested(ModelId model, Instant now) override;
  void admitted(ModelId, const ModelProfile&) override {}
  void left(ModelId) override {}
  void choose(const Shortage& shortage, std::vector<ModelId>& victims) override;

 protected:
  // Of keeping it; any finite number.
  virtual double worth(ModelId model, const ModelProfile& profile) = 0;
  // After each choice, when the victims hold enough: may take out those that are not needed. They come least worthy
  // first.
  virtual void refine(const Shortage&, std::vector<ModelId>&) {}
  std::uint64_t last_request(ModelId model) const { return last_request_[model]; }  // grows with every request

 private:
  struct Ranked {
    double worth = 0;
    std::uint64_t last_request = 0;
    ModelId model = 0;
  };
  static bool goes_later(const Ranked& a, const Ranked& b);

  std::uint64_t requests_ = 0;
  std::vector<std::uint64_t> last_request_;
  std::vector<Ranked> ranked_;
};

}  // namespace sluice::residency
