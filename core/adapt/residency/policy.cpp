#include "core/adapt/residency/policy.hpp"

#include <cmath>

#include "core/adapt/residency/baseline_policies.hpp"
#include "core/adapt/residency/cremebrulee_policy.hpp"
#include "core/adapt/residency/gdsf_policy.hpp"
#include "core/adapt/residency/queue_policies.hpp"
#include "core/adapt/residency/utility_policy.hpp"

namespace sluice::residency {
namespace {

constexpr std::string_view kNames[] = {"utility", "cremebrulee", "gdsf",       "lru",       "lfu",
                                       "s3-fifo", "sieve",       "popularity", "load-time", "random"};

std::unique_ptr<Policy> made(const PolicyOptions& options) {
  switch (options.kind) {
    case PolicyKind::kUtility: return std::make_unique<UtilityPolicy>(options);
    case PolicyKind::kCremeBrulee: return std::make_unique<CremeBruleePolicy>(options);
    case PolicyKind::kGdsf: return std::make_unique<GdsfPolicy>();
    case PolicyKind::kLru: return std::make_unique<LruPolicy>();
    case PolicyKind::kLfu: return std::make_unique<CountPolicy>(options.popularity_half_life);
    case PolicyKind::kS3Fifo: return std::make_unique<S3FifoPolicy>();
    case PolicyKind::kSieve: return std::make_unique<SievePolicy>();
    case PolicyKind::kPopularity: return std::make_unique<CountPolicy>(Duration::max());
    case PolicyKind::kLoadTime: return std::make_unique<LoadTimePolicy>();
    case PolicyKind::kRandom: return std::make_unique<RandomPolicy>(options.seed);
  }
  return nullptr;
}

}  // namespace

std::span<const std::string_view> policy_names() { return kNames; }

std::string_view policy_name(PolicyKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<PolicyKind> find_policy(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return static_cast<PolicyKind>(i);
  }
  return std::nullopt;
}

Result<std::unique_ptr<Policy>> make_policy(const PolicyOptions& options) {
  if (options.popularity_half_life <= Duration::zero()) {
    return fail(ErrorCode::kInvalidArgument, {"a half life of popularity of ", options.popularity_half_life.count(),
                                              " us is none; it must be above zero"});
  }
  for (const double exponent : {options.popularity_exponent, options.cost_exponent}) {
    if (!std::isfinite(exponent) || exponent < 0) {
      return fail(ErrorCode::kInvalidArgument,
                  {"an exponent of ", exponent, " makes no utility; it must be a finite number from zero"});
    }
  }
  auto policy = made(options);
  if (policy == nullptr) {
    return fail(ErrorCode::kInvalidArgument,
                {"there is no residency policy of the number ", static_cast<unsigned>(options.kind)});
  }
  return policy;
}

}  // namespace sluice::residency
