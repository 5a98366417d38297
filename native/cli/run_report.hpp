// The summary of a run: a table for people, and one line of flat JSON for programs.
#pragma once

#include <string>

#include "core/pipeline/manifest.hpp"
#include "native/cli/run_options.hpp"
#include "native/cli/tally.hpp"

namespace sluice::cli {

std::string run_table(const Tally& tally, const pipeline::Manifest& manifest, const RunOptions& options);

// Keys are fixed: RUN_JSON.md lists them.
std::string run_json(const Tally& tally, const pipeline::Manifest& manifest, const RunOptions& options);

}  // namespace sluice::cli
