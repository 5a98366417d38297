// What our protocol, session and engine call cost on top of a bare Beast WebSocket echo. Requests of one small tensor, one under way
// on each connection, against (a) the echo, (b) the server with its defaults, (c) the server with every request handed to a worker.
#pragma once

#include "server/bench/bench_setting.hpp"

namespace sluice::server {

// Prints a table and returns echo_ratio_1, echo_ratio_64, p99_ms_64, worker_ratio_1, worker_ratio_64, requests_per_s_1,
// requests_per_s_64, echo_per_s_1, echo_per_s_64.
Result<BenchKeys> bench_echo(const BenchTime& time);

}  // namespace sluice::server
