#include "native/simulate/residency/simulated_policy.hpp"

#include <utility>

#include "native/simulate/residency/oracle_policies.hpp"

namespace sluice::simulate {
namespace {

constexpr std::pair<const char*, OracleKind> kOracles[] = {{"belady", OracleKind::kBelady},
                                                           {"cremebrulee-oracle", OracleKind::kCremeBrulee}};

}  // namespace

std::vector<std::string> simulated_policies() {
  std::vector<std::string> names(residency::policy_names().begin(), residency::policy_names().end());
  for (const auto& [name, kind] : kOracles) names.emplace_back(name);
  return names;
}

bool needs_future(const std::string& name) {
  for (const auto& [oracle, kind] : kOracles) {
    if (name == oracle) return true;
  }
  return false;
}

Result<MakePolicy> policy_maker(const std::string& name, const residency::PolicyOptions& options,
                                const RequestTrace& trace) {
  for (const auto& [oracle, kind] : kOracles) {
    if (name != oracle) continue;
    return MakePolicy(
        [kind = kind, &trace]() -> Result<std::unique_ptr<residency::Policy>> { return make_oracle(kind, trace); });
  }
  if (const auto kind = residency::find_policy(name)) {
    auto chosen = options;
    chosen.kind = *kind;
    return MakePolicy([chosen] { return residency::make_policy(chosen); });
  }
  std::string all;
  for (const auto& one : simulated_policies()) all += (all.empty() ? "" : ", ") + one;
  return fail(ErrorCode::kNotFound, {"'", name, "' is no policy; there are ", all});
}

}  // namespace sluice::simulate
