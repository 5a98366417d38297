// Small memories for tests of residency: times in milliseconds, sizes in bytes, costs in milliseconds.
#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "core/adapt/residency/residency.hpp"

namespace sluice::test {

using residency::ModelId;
using residency::ModelProfile;
using residency::PolicyKind;
using residency::PolicyOptions;
using residency::Residency;
using residency::ResidencyAnswer;
using residency::ResidencyOptions;
using Models = std::vector<ModelId>;

inline Instant at_ms(std::int64_t ms) { return Instant(std::chrono::milliseconds(ms)); }

inline ModelProfile profile(std::uint64_t bytes, std::int64_t load_ms = 1000) {
  return {bytes, std::chrono::milliseconds(load_ms)};
}

inline std::unique_ptr<residency::Policy> policy_of(PolicyKind kind) {
  PolicyOptions options;
  options.kind = kind;
  auto policy = residency::make_policy(options);
  REQUIRE(policy);
  return std::move(*policy);
}

// A budget, and nothing that protects or limits beyond it.
inline ResidencyOptions bare_options(std::uint64_t budget_bytes) {
  ResidencyOptions options;
  options.budget_bytes = budget_bytes;
  options.min_residency = Duration::zero();
  return options;
}

inline Residency make_residency(const ResidencyOptions& options, std::initializer_list<ModelProfile> models,
                                PolicyKind kind = PolicyKind::kLru) {
  auto residency = Residency::create(options, policy_of(kind));
  REQUIRE(residency);
  for (const auto& model : models) REQUIRE(residency->add(model));
  return std::move(*residency);
}

inline ResidencyAnswer ask(Residency& residency, ModelId model, std::int64_t ms) {
  const auto decision = residency.ask({model}, at_ms(ms));
  REQUIRE(decision);
  CHECK(decision->model == model);
  return decision->answer;
}

// Asks, loads what may be loaded at once, and uses the model for no time; returns who went for it.
inline Models request(Residency& residency, ModelId model, std::int64_t ms) {
  Models evicted;
  if (ask(residency, model, ms) != ResidencyAnswer::kRun) {
    while (const auto order = residency.next_load(at_ms(ms))) {
      evicted.insert(evicted.end(), order->evicted.begin(), order->evicted.end());
      REQUIRE(residency.load_done(order->model, 0, at_ms(ms)));
    }
  }
  REQUIRE(residency.begin_use(model));
  CHECK_FALSE(residency.end_use(model));
  return evicted;
}

}  // namespace sluice::test
