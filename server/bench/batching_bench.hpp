// What batches gain: the same model served with and without them, turn by turn, one worker, one request under way on each connection.
// On a CPU they pay where the weights are what moves (dense layers), and hardly where the inputs are (a convolution net): each lane
// has to find that out by itself.
#pragma once

#include "server/bench/bench_setting.hpp"

namespace sluice::server {

// Prints a table and returns batch_gain_64 and batch_gain_conv_64 (requests a second with batches over those without, at 64
// connections, of three dense layers with 20 million weights and of MobileNetV2), and batch_p99_over_unbatched_1 (of the p99 at one
// connection, dense layers): medians of the rounds' ratios.
Result<BenchKeys> bench_batching(const BenchTime& time);

}  // namespace sluice::server
