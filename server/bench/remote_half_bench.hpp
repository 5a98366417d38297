// The remote half of a model in two halves under load: features of real pictures from many connections, batched across them and one by
// one, turn by turn. One worker, one request under way on each connection; load and server share the machine. Whether batches pay is
// each lane's to find out, and with convolutions on a CPU they may not.
#pragma once

#include "native/bundle/bundle_folder.hpp"
#include "server/bench/bench_setting.hpp"

namespace sluice::server {

inline constexpr std::uint32_t kRemoteHalfConnections = 64;

// `payloads`: whole ones of the bundle's device half, taken in turn. Prints a table and returns remote_half_gain_64 (requests a second with
// batches over those without, the median of the rounds' ratios), remote_half_batched_per_s, remote_half_unbatched_per_s and the p99
// of both in milliseconds.
Result<BenchKeys> bench_remote_half(const bundle::Bundle& bundle,
                                    const std::vector<std::vector<std::uint8_t>>& payloads, const BenchTime& time);

}  // namespace sluice::server
