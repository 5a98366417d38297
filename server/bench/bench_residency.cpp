// bench_residency: more models than memory, in a server and in its memory alone; see residency_bench.hpp. Ends with one line of flat JSON.
#include <CLI/CLI.hpp>
#include <vector>

#include "server/bench/residency_bench.hpp"

using namespace sluice;
using namespace sluice::server;

int main(int argc, char** argv) {
  CLI::App app("What it costs sluice-server to hold more models than fit in memory", "bench_residency");
  BenchTime time;
  int round_ms = 4000;
  int reloads = 1000;
  app.add_option("--rounds", time.rounds, "interleaved rounds")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--round-ms", round_ms, "length of each measurement")
      ->check(CLI::Range(10, 600'000))
      ->capture_default_str();
  app.add_option("--reloads", reloads, "loads into memory for two")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  time.round = std::chrono::milliseconds(round_ms);
  std::vector<Result<BenchKeys>> parts;
  // Memory first: what the others leave behind in the allocator would hide it.
  parts.push_back(bench_reload_memory(reloads));
  parts.push_back(bench_resident_latency(time));
  return print_keys("bench_residency", parts);
}
