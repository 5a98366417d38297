// What it costs to hold more models than fit: 40 models, memory for 10, requests by Zipf's law at their own pace.
#pragma once

#include "server/bench/bench_setting.hpp"

namespace sluice::server {

// Prints a line and returns
//   resident_p99_over_quiet     p99 of a pinned model beside requests for all the others, over the same where all models are in memory: the
//                               median over pairs of rounds that follow each other, either first in turn
//   resident_p50_over_quiet     so of the median request
//   resident_load_share         of the others' requests, those that waited for a load or were refused for one
Result<BenchKeys> bench_resident_latency(const BenchTime& time);

// Ten models one after the other into memory for two. Returns
//   rss_growth_1000_reloads_mb  what this process holds in the mean of the last hundred loads above that of the second hundred
//   reload_ms                   of one load, in the mean
Result<BenchKeys> bench_reload_memory(int reloads);

}  // namespace sluice::server
