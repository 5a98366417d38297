// The summary of a run: a table for people, and one line of flat JSON for programs.
#pragma once

#include <string>

#include "core/pipeline/manifest.hpp"
#include "native/cli/run_options.hpp"
#include "native/cli/tally.hpp"

namespace sluice::cli {

std::string run_table(const Tally& tally, const pipeline::Manifest& manifest, const RunOptions& options);

// Keys are fixed: frames, skipped, run, remote, local, split, guessed (of those by the device half alone), superseded, failed, damaged, detections, filter_rate, agreement (null
// without an audit), *_ms means, bytes_up, bytes_down, bytes_all, elapsed_s, frames_per_s, bundle, bundle_version, target.
std::string run_json(const Tally& tally, const pipeline::Manifest& manifest, const RunOptions& options);

}  // namespace sluice::cli
