#include "server/bench/remote_half_bench.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/wire/codec.hpp"

namespace sluice::server {
namespace {

// The bundle with another limit on its batches, served.
struct Contestant {
  BenchFolder folder;
  std::unique_ptr<Server> server;
  std::vector<double> rates;
  std::vector<double> p99_ms;
};

Result<void> start(Contestant& one, bundle::Bundle bundle, std::uint32_t max_batch) {
  if (auto made = one.folder.create(); !made) return made;
  bundle.manifest.batching.max_batch = max_batch;
  const auto place = one.folder.path() / bundle.manifest.name;
  if (auto written = bundle::replace_bundle(place, std::move(bundle)); !written) return written;
  auto server = start_bench_server(place, 0);
  if (!server) return fail(server.error());
  one.server = *std::move(server);
  return {};
}

LoadOptions split_load(const pipeline::Manifest& manifest, const std::vector<std::vector<std::uint8_t>>& payloads,
                       std::size_t& next) {
  LoadOptions load;
  load.connections = kRemoteHalfConnections;
  load.first_message = greeting(manifest);
  load.make_request = [&payloads, &next](std::uint64_t id, std::string& message) {
    wire::Request request;
    request.id = id;
    request.budget = std::chrono::seconds(10);
    request.encoding = wire::Encoding::kSplit;
    request.payload = std::as_bytes(std::span(payloads[next++ % payloads.size()]));
    wire::encode(request, message);
  };
  load.check_answer = [](const std::string& answer) {
    const auto decoded = wire::decode(as_bytes(answer));
    return decoded && std::holds_alternative<wire::Answer>(*decoded);
  };
  return load;
}

}  // namespace

Result<BenchKeys> bench_remote_half(const bundle::Bundle& bundle,
                                    const std::vector<std::vector<std::uint8_t>>& payloads, const BenchTime& time) {
  const std::uint32_t most = std::max(2U, bundle.manifest.batching.max_batch);
  std::array<Contestant, 2> contestants;  // one by one, batched
  if (auto started = start(contestants[0], bundle, 1); !started) return fail(started.error());
  if (auto started = start(contestants[1], bundle, most); !started) return fail(started.error());
  std::size_t next = 0;
  LoadOptions load = split_load(bundle.manifest, payloads, next);
  load.duration = time.round;
  std::vector<double> ratios;
  for (int round = -1; round < time.rounds; ++round) {  // the first warms up, and lets the lane measure
    std::array<LoadResult, 2> results;
    for (std::size_t turn = 0; turn < contestants.size(); ++turn) {
      const std::size_t i = static_cast<std::size_t>(round & 1) ^ turn;  // who is first changes
      load.port = contestants[i].server->port();
      const auto result = run_load(load);
      if (!result) return fail(result.error());
      results[i] = *result;
    }
    if (round < 0) continue;
    for (std::size_t i = 0; i < contestants.size(); ++i) {
      contestants[i].rates.push_back(results[i].requests_per_second);
      contestants[i].p99_ms.push_back(results[i].p99_ms);
    }
    ratios.push_back(results[1].requests_per_second / results[0].requests_per_second);
  }
  std::printf(
      "\nThe remote half of %s, %u connections, one worker, batches of up to %u and none: medians of %d rounds\n\n",
      bundle.manifest.name.c_str(), kRemoteHalfConnections, most, time.rounds);
  std::printf("  %-12s %12s %9s\n", "", "requests/s", "p99 ms");
  const std::array<const char*, 2> names = {"one by one", "batched"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::printf("  %-12s %12.0f %9.1f\n", names[i], median(contestants[i].rates), median(contestants[i].p99_ms));
  }
  std::printf("  %-12s %12.2f\n", "ratio", median(ratios));
  return BenchKeys{{"remote_half_gain_64", median(ratios)},
                   {"remote_half_batched_per_s", median(contestants[1].rates)},
                   {"remote_half_unbatched_per_s", median(contestants[0].rates)},
                   {"remote_half_batched_p99_ms", median(contestants[1].p99_ms)},
                   {"remote_half_unbatched_p99_ms", median(contestants[0].p99_ms)}};
}

}  // namespace sluice::server
