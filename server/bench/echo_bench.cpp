#include "server/bench/echo_bench.hpp"

#include <cstdio>

#include "server/bench/identity_model.hpp"

namespace sluice::server {
namespace {

constexpr std::uint32_t kSide = 4;  // 48 floats, 192 bytes
constexpr std::size_t kValues = std::size_t{3} * kSide * kSide;

struct Contender {
  const char* name;
  std::uint16_t port = 0;
  bool is_sluice = false;
};

struct Row {
  std::vector<double> rates, p50, p99;
};

}  // namespace

Result<BenchKeys> bench_echo(const BenchTime& time) {
  BenchBundle bundle;
  pipeline::Manifest manifest;
  manifest.name = "identity";
  manifest.model.input = input::ImageSpec{.width = kSide, .height = kSide};
  if (auto ok = bundle.write(std::move(manifest), identity_onnx(kSide)); !ok) return fail(ok.error());
  const EchoServer echo;
  const auto direct = start_bench_server(bundle.path(), ServerOptions{}.inline_compute_us);
  if (!direct) return fail(direct.error());
  const auto queued = start_bench_server(bundle.path(), 0);
  if (!queued) return fail(queued.error());
  const std::vector<Contender> contenders = {{"Beast echo", echo.port(), false},
                                             {"sluice-server", (*direct)->port(), true},
                                             {"  through a worker thread", (*queued)->port(), true}};
  const Shape shape{1, 3, kSide, kSide};
  const std::vector<float> values(kValues, 0.25F);
  const std::vector<std::uint32_t> loads = {1, 64};
  std::vector<std::vector<Row>> rows(loads.size(), std::vector<Row>(contenders.size()));
  for (int round = -1; round < time.rounds; ++round) {  // the first warms up
    for (std::size_t l = 0; l < loads.size(); ++l) {
      for (std::size_t c = 0; c < contenders.size(); ++c) {
        auto load =
            tensor_load(contenders[c].port, contenders[c].is_sluice ? &bundle.manifest() : nullptr, shape, values);
        load.connections = loads[l];
        load.duration = time.round;
        const auto result = run_load(load);
        if (!result) return fail(result.error());
        if (round < 0) continue;
        rows[l][c].rates.push_back(result->requests_per_second);
        rows[l][c].p50.push_back(result->p50_ms);
        rows[l][c].p99.push_back(result->p99_ms);
      }
    }
  }
  std::printf(
      "A request: %zu bytes of tensor up and down, one under way on each connection; model: ONNX Identity on ONNX "
      "Runtime.\n"
      "sluice-server: WebSocket, session, decoding, admission, engine run, answer. Load, echo and servers share this "
      "machine.\n"
      "Medians of %d rounds of %lld ms.\n\n",
      kValues * sizeof(float), time.rounds, static_cast<long long>(time.round.count()));
  std::printf("%-28s %12s %12s %9s %9s %8s\n", "", "connections", "requests/s", "p50 ms", "p99 ms", "of echo");
  for (std::size_t l = 0; l < loads.size(); ++l) {
    for (std::size_t c = 0; c < contenders.size(); ++c) {
      const auto& row = rows[l][c];
      std::printf("%-28s %12u %12.0f %9.3f %9.3f %8.2f\n", contenders[c].name, loads[l], median(row.rates),
                  median(row.p50), median(row.p99), median(row.rates) / median(rows[l][0].rates));
    }
  }
  const auto rate = [&](std::size_t l, std::size_t c) { return median(rows[l][c].rates); };
  return BenchKeys{{"echo_ratio_1", rate(0, 1) / rate(0, 0)},
                   {"echo_ratio_64", rate(1, 1) / rate(1, 0)},
                   {"p99_ms_64", median(rows[1][1].p99)},
                   {"worker_ratio_1", rate(0, 2) / rate(0, 0)},
                   {"worker_ratio_64", rate(1, 2) / rate(1, 0)},
                   {"requests_per_s_1", rate(0, 1)},
                   {"requests_per_s_64", rate(1, 1)},
                   {"echo_per_s_1", rate(0, 0)},
                   {"echo_per_s_64", rate(1, 0)}};
}

}  // namespace sluice::server
