// The conformance run as JSON, from which the table of operators is generated (cmake/generate/operator-table.mjs).
#pragma once

#include <span>
#include <string>

#include "tests/conformance/claims.hpp"

namespace sluice::conformance {

// {"operators": [{"name", "claim", "without", "since_opset", "until_opset", "tests", "passed", "tested_opsets", "engines"}],
//  "models": {"tests", "passed", "refused"}, "tolerance": {...}}. `all` are the rows of every kernel, `plain` of the portable.
std::string report_json(const Claims& claims, std::span<const CaseResult> results, model::OperatorSet all,
                        model::OperatorSet plain);

}  // namespace sluice::conformance
