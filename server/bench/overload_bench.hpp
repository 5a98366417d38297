// What an overload does: twenty clients ask for five times what one worker can do, at their own pace and each request with a deadline.
#pragma once

#include "server/bench/bench_setting.hpp"

namespace sluice::server {

// Prints a line and returns
//   overload_p99_over_deadline  of the requests that were answered, from when they were due
//   overload_refused_share      of all requests: what was refused, or expired
//   overload_untyped            requests without exactly one reply, and errors other than those that say to ask less or later
//   overload_rss_growth_mb      the most that this process, load included, held above what it did before; the median
Result<BenchKeys> bench_overload(const BenchTime& time);

}  // namespace sluice::server
