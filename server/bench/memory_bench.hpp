// What stays in memory: connections that wait, and a thousand reloads under load. Everything runs in this process; the waiting
// connections' own ends are bare sockets, which cost the kernel and not us.
#pragma once

#include "server/bench/bench_setting.hpp"

namespace sluice::server {

// Prints and returns idle_bytes_per_connection (WebSocket, greeted, silent) and reload_rss_growth_mb (from the fiftieth reload to the
// last; requests run all the while, and one that is lost fails the benchmark).
Result<BenchKeys> bench_memory(int connections, int reloads);

}  // namespace sluice::server
