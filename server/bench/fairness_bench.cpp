#include "server/bench/fairness_bench.hpp"

#include <cstdio>
#include <thread>

#include "server/bench/dense_model.hpp"

namespace sluice::server {
namespace {

constexpr std::uint32_t kClients = 20;
constexpr std::uint32_t kGreed = 16;

}  // namespace

Result<BenchKeys> bench_fairness(const BenchTime& time) {
  pipeline::Manifest manifest;
  manifest.name = "bench";
  const Shape shape{1, kDenseInputs};
  manifest.model.input = input::TensorSpec{.type = DataType::kFloat32, .shape = shape};
  BenchBundle bundle;
  if (auto ok = bundle.write(manifest, dense_onnx()); !ok) return fail(ok.error());
  auto server = start_bench_server(bundle.path(), 0);
  if (!server) return fail(server.error());
  const std::vector<float> values(static_cast<std::size_t>(kDenseInputs), 0.25F);
  auto modest = tensor_load((*server)->port(), &bundle.manifest(), shape, values);
  modest.connections = kClients;
  modest.duration = time.round;
  auto greedy = modest;
  greedy.connections = 1;
  greedy.in_flight = kGreed;
  std::vector<double> alone;
  std::vector<double> beside;
  std::vector<double> taken;  // by the greedy one, of all
  for (int round = -1; round < time.rounds; ++round) {
    const auto without = run_load(modest);
    if (!without) return fail(without.error());
    Result<LoadResult> greedy_result = LoadResult{};
    std::thread other([&] { greedy_result = run_load(greedy); });
    const auto with = run_load(modest);
    other.join();
    if (!with) return fail(with.error());
    if (!greedy_result) return fail(greedy_result.error());
    if (round < 0) continue;
    alone.push_back(without->p99_ms);
    beside.push_back(with->p99_ms);
    taken.push_back(greedy_result->requests_per_second /
                    (greedy_result->requests_per_second + with->requests_per_second));
  }
  const double ratio = median(beside) / median(alone);
  std::printf(
      "\n%u clients on one worker, p99: %.1f ms alone, %.1f ms beside one with %u requests under way (%.2f), which got "
      "%.0f %%\n",
      kClients, median(alone), median(beside), kGreed, ratio, 100 * median(taken));
  return BenchKeys{{"fairness_p99_ratio", ratio}};
}

}  // namespace sluice::server
