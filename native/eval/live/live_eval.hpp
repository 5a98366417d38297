// `sluice eval NAME --live`: a bundle's SKIP filter through the live promise, on streams composed of measured footage. Prints; the program around
// it parses the command line.
#pragma once

#include <cstdio>

#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/eval_command.hpp"
#include "native/eval/measurement.hpp"

namespace sluice::eval {

// `what`: the footage, in words. Precondition: the bundle has a skip filter. The errors of compose_streams().
Result<void> run_live_eval(const EvalOptions& options, const bundle::Bundle& bundle, const Measurement& measurement,
                           const std::string& what, std::FILE* out);

}  // namespace sluice::eval
