#include "server/bench/memory_bench.hpp"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <optional>
#include <sstream>
#include <thread>

#include "server/bench/identity_model.hpp"
#include "server/metrics/resident_bytes.hpp"

namespace sluice::server {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kIdentitySide = 4;
constexpr int kSettled = 50;  // reloads after which memory should no longer grow

double metric(Server& server, const std::string& sample) {
  std::istringstream lines(server.metrics().text());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(sample + " ")) return std::stod(line.substr(sample.size() + 1));
  }
  return -1;
}

// Keeps a few connections busy, each for a short time, until told to stop.
class Load {
 public:
  Load(std::uint16_t port, const pipeline::Manifest& manifest) : manifest_(manifest) {
    thread_ = std::thread([this, port] {
      while (!stop_) {
        auto load = tensor_load(port, &manifest_, shape_, values_);
        load.connections = 4;
        load.duration = 200ms;
        const auto result = run_load(load);
        if (!result) {
          problem_ = result.error();
          return;
        }
        requests_ += result->requests_per_second * 0.2;
      }
    });
  }
  ~Load() { end(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // The requests that were answered, or what went wrong with one.
  Result<double> end() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    if (problem_) return fail(*problem_);
    return requests_;
  }

 private:
  const pipeline::Manifest& manifest_;
  const Shape shape_{1, 3, kIdentitySide, kIdentitySide};
  const std::vector<float> values_ = std::vector<float>(std::size_t{3} * kIdentitySide * kIdentitySide, 0.25F);
  std::atomic<bool> stop_ = false;
  std::optional<Error> problem_;
  double requests_ = 0;
  std::thread thread_;
};

Result<void> write_identity(BenchBundle& bundle) {
  pipeline::Manifest manifest;
  manifest.name = "identity";
  manifest.model.input = input::ImageSpec{.width = kIdentitySide, .height = kIdentitySide};
  return bundle.write(std::move(manifest), identity_onnx(kIdentitySide));
}

Result<double> reload_growth(int reloads) {
  BenchBundle bundle;
  if (auto ok = write_identity(bundle); !ok) return fail(ok.error());
  const auto server = start_bench_server(bundle.path(), ServerOptions{}.inline_compute_us);
  if (!server) return fail(server.error());
  Load load((*server)->port(), bundle.manifest());
  const std::string loaded = "sluice_bundle_loads_total{outcome=\"loaded\"}";
  std::size_t settled = resident_bytes();
  for (int i = 1; i <= reloads; ++i) {
    pipeline::Manifest next = bundle.manifest();
    std::get<input::ImageSpec>(next.model.input)
        .scale.fill(static_cast<float>(1 + i % 2));  // any difference makes it another bundle
    if (auto ok = bundle.rewrite(next); !ok) return fail(ok.error());
    const double before = metric(**server, loaded);
    (*server)->reload();
    for (int wait = 0; metric(**server, loaded) <= before; ++wait) {
      if (wait > 10'000) return fail(ErrorCode::kInternal, {"reload ", std::to_string(i), " did not take place"});
      std::this_thread::sleep_for(1ms);
    }
    if (i == std::min(kSettled, reloads)) settled = resident_bytes();
  }
  const auto requests = load.end();
  if (!requests) return fail(requests.error());
  const double growth = static_cast<double>(resident_bytes()) - static_cast<double>(settled);
  std::printf("%d reloads while %.0f requests ran, none lost: %.1f MB more than after %d\n", reloads, *requests,
              growth / 1e6, std::min(kSettled, reloads));
  return growth / 1e6;
}

Result<double> idle_bytes(int connections) {
  BenchBundle bundle;
  if (auto ok = write_identity(bundle); !ok) return fail(ok.error());
  const auto server = start_bench_server(bundle.path(), ServerOptions{}.inline_compute_us);
  if (!server) return fail(server.error());
  malloc_trim(0);
  const std::size_t before = resident_bytes();
  const auto held = IdleConnections::open((*server)->port(), greeting(bundle.manifest()), connections);
  if (!held) return fail(held.error());
  const double each = (static_cast<double>(resident_bytes()) - static_cast<double>(before)) / connections;
  std::printf("\n%d silent connections: %.0f bytes each\n", connections, each);
  return each;
}

}  // namespace

Result<BenchKeys> bench_memory(int connections, int reloads) {
  const auto each = idle_bytes(connections);
  if (!each) return fail(each.error());
  const auto growth = reload_growth(reloads);
  if (!growth) return fail(growth.error());
  return BenchKeys{{"idle_bytes_per_connection", *each}, {"reload_rss_growth_mb", *growth}};
}

}  // namespace sluice::server
