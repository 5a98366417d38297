// What `sluice eval --json` ends with for bundles with early exits: one line, one flat object. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "native/eval/exits/exit_report.hpp"

namespace sluice::eval {

// `bundle`, `target`, `samples`, `accuracy`, `backbone_accuracy`, `agreement`, `macs_over_backbone`, `macs_over_branchynet`,
// `ms_over_backbone_wasm`, `ms_over_backbone_native`, `exits_kept`, `exits_cost_share`; null where no point takes the target, nothing was
// timed, or no such system is among the others. Where the bundle has a cut also the keys that begin with `cut_` (cut_report.hpp).
std::string exit_json(const EvaluatedExits& one);
// Of a family: `bundle`, `target` and `samples` once, the other keys of each with its backbone and '_' before them; and without that
// `macs_over_branchynet` and `exits_cost_share`, the largest, null where one is.
std::string exit_family_json(const std::string& family, const std::vector<EvaluatedExits>& all);

}  // namespace sluice::eval
