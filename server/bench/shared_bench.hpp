// What finding another client's answer costs the server: the tier alone, full of answers, without the network around it.
#pragma once

#include "server/bench/bench_setting.hpp"

namespace sluice::server {

// Prints a line and returns shared_hit_us: one hit among 1,000 answers of one box, by an embedding of 64 numbers.
Result<BenchKeys> bench_shared(const BenchTime& time);

}  // namespace sluice::server
