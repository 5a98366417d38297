// The ways of selecting a model variant that `sluice simulate selection` compares. Each sees the same: on the client what is known of the
// link, at the server how much time is left. Owned by one simulation; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/adapt/estimate/time_estimate.hpp"
#include "core/adapt/selection/load_price.hpp"
#include "core/adapt/selection/selection.hpp"
#include "native/simulate/draw.hpp"

namespace sluice::simulate {

enum class Policy : std::uint8_t {
  kFastest,       // always
  kMostAccurate,  // always
  kRandom,        // any
  kExploration,   // any, in proportion to accuracy (in the published code it is greedy, by a slip)
  kGreedy,        // the most accurate whose execution alone fits the SLA: the network is ignored
  kBudget1,       // any inside the budget (in the published code it fails for want of a function)
  kBudget2,       // the same in proportion to accuracy
  kModiPick,      // ModiPick's three stages, unverified
  kMdInference,   // as published: the queue ignored
  kJellyfish,     // input size and model together, before sending, so that 99 of 100 make it
  kSluice,        // expected accuracy, before sending and again on arrival, with the queue and the price of load
};
inline constexpr std::array kPolicies = {Policy::kFastest,     Policy::kMostAccurate, Policy::kRandom,
                                         Policy::kExploration, Policy::kGreedy,       Policy::kBudget1,
                                         Policy::kBudget2,     Policy::kModiPick,     Policy::kMdInference,
                                         Policy::kJellyfish,   Policy::kSluice};
std::string_view name_of(Policy policy);

// A model as the server has it, with the side of the picture that it takes.
struct SizedVariant {
  adapt::Variant variant;
  std::uint32_t side = 0;
};

// What the link to the server is expected to take with pictures of each model's side, up and down together.
struct Outlook {
  std::vector<adapt::TimeEstimate> round_trips;  // of each model
  double queue_ms = 0;                           // at the server, as it last said
};

class Selector {
 public:
  Selector(Policy policy, std::vector<SizedVariant> models, double sla_ms, double device_ms, double device_accuracy,
           std::uint32_t workers);

  // On the client: which model's side the picture is sent at.
  std::size_t before_sending(const Outlook& outlook) const;
  // At the server: which model runs, for a picture of that side.
  std::size_t on_arrival(std::uint32_t side, std::size_t asked_for, const adapt::Budget& budget, Instant now,
                         Draw& draw);

  const std::vector<SizedVariant>& models() const { return models_; }

 private:
  std::size_t largest() const;
  std::size_t in_proportion(const std::vector<std::size_t>& among, Draw& draw) const;
  std::size_t by_budget(const adapt::Budget& budget, Draw& draw) const;
  std::size_t best_expected(std::uint32_t side, const adapt::Budget& budget, double price) const;

  Policy policy_;
  std::vector<SizedVariant> models_;
  std::vector<adapt::Variant> variants_;
  double sla_ms_;
  double device_ms_;
  double device_accuracy_;
  adapt::LoadPrice price_;
  std::size_t fastest_ = 0;
  std::size_t most_accurate_ = 0;
};

}  // namespace sluice::simulate
