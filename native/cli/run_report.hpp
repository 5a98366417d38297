// The summary of a run: a table for people, and one line of flat JSON for programs.
#pragma once

#include <string>

#include "core/pipeline/manifest.hpp"
#include "native/cli/run_options.hpp"
#include "native/cli/tally.hpp"

namespace sluice::cli {

std::string run_table(const Tally& tally, const pipeline::Manifest& manifest, const RunOptions& options);

// Keys are fixed: frames, skipped, run (by the full model, or its two halves), remote, local, split (answers of that kind, by two halves or from
// behind a cut), guessed (of those by the device half alone), stale (with an older answer of the remote half), superseded, failed, damaged, detections, filter_rate, agreement (null
// without an audit), *_ms means, bytes_up, bytes_down, bytes_all, elapsed_s, frames_per_s, bundle, bundle_version, target. Of a bundle with early exits also exited_at_N, multiply_adds_share, exited_unsure, mean_cost_kept where one was
// named, and with a cut split_exited_at_N, N from 1 on.
std::string run_json(const Tally& tally, const pipeline::Manifest& manifest, const RunOptions& options);

}  // namespace sluice::cli
