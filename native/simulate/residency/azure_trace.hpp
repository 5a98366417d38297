// Requests as the Azure Functions trace of 2019 has them (Shahrad et al., ATC 2020): files of a row a function with its
// invocations in each minute of a day. Each function stands for a model. The columns HashFunction, Trigger (which may
// be missing) and those of the minutes ("1" or "1_minute") are found by their names; other columns don't matter. Plain
// functions; errors name the file and the line.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/base/result.hpp"
#include "native/simulate/residency/request_trace.hpp"

namespace sluice::simulate {

enum class TracePart : std::uint8_t { kAll, kEven, kOdd };  // of the functions, in the order of their first rows

struct AzureOptions {
  double popular_quantile = 0.95;  // functions called more often than this quantile of all are left out; 1: none is
  double keep_share = 1;           // of the requests, chosen at random
  TracePart part = TracePart::kAll;
  std::uint64_t seed = 1;
};

// A file, or a folder whose files of invocations are days in the order of their names. As CremeBrulee's workload does:
// in a minute of N invocations they stand 60/N seconds apart, in a random order; functions called once are left out,
// and of a file that names triggers all but HTTP's. kIoError or kMalformedMedia.
Result<RequestTrace> read_azure_trace(const std::filesystem::path& path, const AzureOptions& options);

}  // namespace sluice::simulate
