// Settings of the baselines as `sluice fit` chose them on its calibration split and `sluice eval` uses them: a small JSON file,
// baselines.json, beside the bundle's own files. Plain functions.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/eval/summary.hpp"

namespace sluice::eval {

inline constexpr const char* kBaselineFile = "baselines.json";

std::string baseline_text(std::span<const BaselineSettings> settings);

// kIoError when the file cannot be read, kInvalidArgument when it is no such file.
Result<std::vector<BaselineSettings>> read_baselines(const std::filesystem::path& file);

}  // namespace sluice::eval
