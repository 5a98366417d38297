// The policies that a simulation may name: those that run live, and the oracles. Plain functions.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/simulate/residency/residency_run.hpp"

namespace sluice::simulate {

std::vector<std::string> simulated_policies();  // as in the core, then "belady" and "cremebrulee-oracle"
bool needs_future(const std::string& name);     // no more than a bound for the others

// kNotFound lists the names. Borrows the trace for as long as the policies are in use.
Result<MakePolicy> policy_maker(const std::string& name, const residency::PolicyOptions& options,
                                const RequestTrace& trace);

}  // namespace sluice::simulate
