// Which resident models go when another needs their memory. A policy is told what happens to each model and, when room
// is short, chooses among those that may go: what is in use, pinned or protected is never shown to it. It owns only its
// own bookkeeping, makes all of it in reserve() and allocates nothing afterwards. Deterministic. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/adapt/residency/model_profile.hpp"
#include "core/base/result.hpp"

namespace sluice::residency {

struct Shortage {
  std::uint64_t bytes = 0;  // to be freed; the candidates together hold at least so many
  std::uint64_t budget_bytes = 0;
  std::span<const ModelId> candidates;
  std::span<const ModelProfile> profiles;  // of all models, by ModelId
};

class Policy {
 public:
  virtual ~Policy() = default;
  virtual void reserve(std::size_t models) = 0;            // ModelIds below `models` will come; grows only
  virtual void requested(ModelId model, Instant now) = 0;  // by each request, whether it is resident or not
  virtual void admitted(ModelId model, const ModelProfile& profile) = 0;  // its memory was set aside, its load begins
  virtual void left(ModelId model) = 0;                                   // evicted, or its load failed
  virtual void forgotten(ModelId) {}  // it was retired: the number will stand for another model
  // Appends different candidates to `victims`, which comes empty and has room for all, until they hold shortage.bytes.
  virtual void choose(const Shortage& shortage, std::vector<ModelId>& victims) = 0;
};

enum class PolicyKind : std::uint8_t {
  kUtility,      // decayed popularity x load cost / bytes: Sluice's
  kCremeBrulee,  // lifetime popularity x load cost / bytes, as released (Guo et al., ACSOS 2021)
  kGdsf,  // GreedyDual-Size with frequency: the same, since the last load, plus an age that grows with each eviction
  kLru,
  kLfu,         // decayed popularity alone
  kS3Fifo,      // three queues (Yang et al., SOSP 2023)
  kSieve,       // one queue and a hand (Zhang et al., NSDI 2024)
  kPopularity,  // lifetime popularity alone
  kLoadTime,    // load cost alone
  kRandom,
};
std::span<const std::string_view> policy_names();  // in the order of the enumeration: "utility", "cremebrulee", ...
std::string_view policy_name(PolicyKind kind);
std::optional<PolicyKind> find_policy(std::string_view name);

struct PolicyOptions {
  PolicyKind kind = PolicyKind::kUtility;
  Duration popularity_half_life = std::chrono::minutes(15);  // of kUtility and kLfu
  double popularity_exponent = 1;                            // of kUtility and kCremeBrulee
  double cost_exponent = 1;                                  // so as well
  std::uint64_t seed = 1;                                    // of kRandom, and of ties in kCremeBrulee
};

// kInvalidArgument names the option that is no positive time or no finite number.
Result<std::unique_ptr<Policy>> make_policy(const PolicyOptions& options);

}  // namespace sluice::residency
