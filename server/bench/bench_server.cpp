// bench_server: the server's benchmarks one after another, all in this process; see the *_bench.hpp for what each measures. Rounds are
// interleaved and medians reported. Ends with one line of flat JSON.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <vector>

#include "server/bench/batching_bench.hpp"
#include "server/bench/echo_bench.hpp"
#include "server/bench/fairness_bench.hpp"
#include "server/bench/memory_bench.hpp"
#include "server/bench/overload_bench.hpp"
#include "server/bench/shared_bench.hpp"

using namespace sluice;
using namespace sluice::server;

int main(int argc, char** argv) {
  CLI::App app(
      "Requests a second, latency and memory of sluice-server against a bare Beast WebSocket echo and against itself "
      "without batches",
      "bench_server");
  BenchTime time;
  int round_ms = 1000;
  int connections = 2000;
  int reloads = 1000;
  app.add_option("--rounds", time.rounds, "interleaved rounds")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--round-ms", round_ms, "length of each measurement")
      ->check(CLI::Range(10, 600'000))
      ->capture_default_str();
  app.add_option("--idle-connections", connections, "connections that wait")
      ->check(CLI::Range(1, 8000))
      ->capture_default_str();
  app.add_option("--reloads", reloads, "reloads under load")->check(CLI::Range(1, 100'000))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  rlimit files{};  // two for each connection that waits
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  time.round = std::chrono::milliseconds(round_ms);
  std::vector<Result<BenchKeys>> parts;
  // Memory first: what the others leave behind in the allocator would hide it.
  parts.push_back(bench_memory(connections, reloads));
  parts.push_back(bench_echo(time));
  parts.push_back(bench_batching(time));
  parts.push_back(bench_fairness(time));
  parts.push_back(bench_overload(time));
  parts.push_back(bench_shared(time));
  return print_keys("bench_server", parts);
}
