#include "server/bench/batching_bench.hpp"

#include <array>
#include <cstdio>

#include "native/bench/mobilenet_v2.hpp"
#include "server/bench/dense_model.hpp"

namespace sluice::server {
namespace {

constexpr std::uint32_t kMaxBatch = 32;

struct Case {
  const char* key;
  const char* text;
  std::string onnx;
  Shape shape;
  std::uint32_t connections = 64;
  bool by_p99 = false;  // else by requests a second
};

Result<double> compare(const Case& one, const BenchTime& time) {
  pipeline::Manifest manifest;
  manifest.name = "bench";
  manifest.model.input = input::TensorSpec{.type = DataType::kFloat32, .shape = one.shape};
  std::array<BenchBundle, 2> bundles;
  std::array<std::unique_ptr<Server>, 2> servers;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    manifest.batching = {.axis = 0, .max_batch = i == 0 ? 1 : kMaxBatch, .max_delay_us = 0};
    if (auto ok = bundles[i].write(manifest, one.onnx); !ok) return fail(ok.error());
    auto server = start_bench_server(bundles[i].path(), 0);
    if (!server) return fail(server.error());
    servers[i] = std::move(*server);
  }
  const std::vector<float> values(*one.shape.element_count(), 0.25F);
  std::vector<double> ratios;
  std::array<std::vector<double>, 2> rates;
  std::array<std::vector<double>, 2> p99;
  for (int round = -1; round < time.rounds; ++round) {  // the first warms up, and lets the lane measure
    std::array<LoadResult, 2> results;
    for (std::size_t turn = 0; turn < servers.size(); ++turn) {
      const std::size_t i =
          static_cast<std::size_t>(round & 1) ^ turn;  // whoever is first pays for what the other left behind
      auto load = tensor_load(servers[i]->port(), &bundles[i].manifest(), one.shape, values);
      load.connections = one.connections;
      load.duration = time.round;
      const auto result = run_load(load);
      if (!result) return fail(result.error());
      results[i] = *result;
    }
    if (round < 0) continue;
    for (std::size_t i = 0; i < servers.size(); ++i) {
      rates[i].push_back(results[i].requests_per_second);
      p99[i].push_back(results[i].p99_ms);
    }
    ratios.push_back(one.by_p99 ? results[1].p99_ms / results[0].p99_ms
                                : results[1].requests_per_second / results[0].requests_per_second);
  }
  std::printf("%-36s %11u", one.text, one.connections);
  for (std::size_t i = 0; i < servers.size(); ++i) std::printf(" %10.0f %8.2f", median(rates[i]), median(p99[i]));
  std::printf(" %7.2f\n", median(ratios));
  return median(ratios);
}

}  // namespace

Result<BenchKeys> bench_batching(const BenchTime& time) {
  const std::string dense = dense_onnx();
  const std::vector<Case> cases = {
      {"batch_gain_64", "dense layers, requests a second", dense, {1, kDenseInputs}, 64, false},
      {"batch_gain_conv_64",
       "MobileNetV2, requests a second",
       bench::mobilenet_v2(bench::Precision::kFloat32, 1, -1),
       {1, 3, 224, 224},
       64,
       false},
      {"batch_p99_over_unbatched_1", "dense layers, p99", dense, {1, kDenseInputs}, 1, true}};
  std::printf("\nBatches of up to %u on one worker, and none.\n\n%-36s %11s %10s %8s %10s %8s %7s\n", kMaxBatch, "",
              "connections", "alone: /s", "p99 ms", "batch: /s", "p99 ms", "ratio");
  BenchKeys keys;
  for (const Case& one : cases) {
    const auto ratio = compare(one, time);
    if (!ratio) return fail(ratio.error());
    keys.emplace_back(one.key, *ratio);
  }
  return keys;
}

}  // namespace sluice::server
