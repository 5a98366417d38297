// `sluice eval NAME` for bundles with early exits: labelled pictures in place of footage.
#pragma once

#include <cstdio>
#include <span>

#include "native/bundle/bundle_folder.hpp"
#include "native/eval/eval_command.hpp"

namespace sluice::eval {

// Measures on the pictures in options.data (test_pictures.hpp; default: CIFAR-10's test split, as the set-up fetched it), beside the
// systems in options.baselines (exit_points.hpp; default: bundles/FAMILY-baselines); `folder` is the bundle's. kInvalidArgument for options
// that have no meaning here.
Result<void> run_exit_eval(const EvalOptions& options, const std::filesystem::path& folder,
                           const bundle::Bundle& bundle, std::FILE* out, std::FILE* log);

// Each of a family (exit_family.hpp), and the family's line of JSON and plot.
Result<void> run_exit_family_eval(const EvalOptions& options, const std::string& family,
                                  std::span<const std::filesystem::path> folders, std::FILE* out, std::FILE* log);

}  // namespace sluice::eval
