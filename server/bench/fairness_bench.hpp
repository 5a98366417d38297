// What one greedy client costs the others: twenty clients that keep one worker busy with a request each, alone and beside one that always
// has sixteen under way on its connection.
#pragma once

#include "server/bench/bench_setting.hpp"

namespace sluice::server {

// Prints a table and returns fairness_p99_ratio: the twenty's p99 beside the greedy one over theirs without it.
Result<BenchKeys> bench_fairness(const BenchTime& time);

}  // namespace sluice::server
