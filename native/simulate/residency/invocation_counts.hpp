// The rows of Azure's files of invocations: how often each function ran in each minute. Plain values and functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::simulate {

struct MinuteCount {
  std::uint32_t minute = 0;  // from the first day's start
  std::uint32_t count = 0;   // above zero
};

// Of each function, in the order of their first rows; minutes ascend.
using InvocationCounts = std::vector<std::vector<MinuteCount>>;

// kIoError where the path can't be read; kMalformedMedia names the file and the line.
Result<InvocationCounts> read_invocation_counts(const std::filesystem::path& path);

}  // namespace sluice::simulate
