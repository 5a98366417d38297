// The state of a live promise between two runs: `--state FILE` of `sluice run`.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.hpp"
#include "native/cli/run_options.hpp"

namespace sluice::cli {

// What is in the file; empty where there is none yet. kInvalidArgument where the run keeps no live promise, the file cannot be read, or will not be
// writable at the end.
Result<std::string> read_promise_state(const RunOptions& options);

// In place of what was there, whole or not at all.
Result<void> write_promise_state(const std::filesystem::path& path, const std::string& state);

}  // namespace sluice::cli
