#include "server/bench/residency_bench.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <sstream>
#include <thread>

#include "core/model/onnx_writer.hpp"
#include "core/wire/codec.hpp"
#include "server/bench/paced_load.hpp"
#include "server/clock.hpp"
#include "server/engine/engine_choice.hpp"
#include "server/metrics/resident_bytes.hpp"
#include "server/models/model_registry.hpp"

namespace sluice::server {
namespace {

constexpr int kModels = 40;
constexpr std::uint64_t kBudgetMb = 42;  // for ten
constexpr std::int64_t kWidth = 256;
constexpr std::int64_t kHidden = 2048;  // 4 MiB of weights
constexpr std::uint32_t kPinnedAskers = 4;
constexpr double kPinnedPerSecond = 100;
constexpr std::uint32_t kOtherAskers = 120;
constexpr double kOthersPerSecond = 60;
constexpr int kWatched =
    100;  // loads over which memory is looked at, since it depends on which two are there and what is being freed
constexpr double kMegabyte = 1'000'000;

std::string two_layers_onnx() {
  model::OnnxWriter onnx("layers");
  onnx.add_input("input", DataType::kFloat32, {1, kWidth});
  onnx.add_output("output", DataType::kFloat32, {1, kWidth});
  std::mt19937 random(1);
  std::uniform_real_distribution<float> values(-0.02F, 0.02F);
  std::vector<float> weights(static_cast<std::size_t>(kWidth * kHidden));
  for (const auto& [name, in, out] : {std::tuple("in", kWidth, kHidden), std::tuple("out", kHidden, kWidth)}) {
    for (float& weight : weights) weight = values(random);
    onnx.add_initializer(name, {DataType::kFloat32, {in, out}, std::as_bytes(std::span(weights))});
  }
  onnx.add_node("MatMul", {"input", "in"}, {"hidden"});
  onnx.add_node("Relu", {"hidden"}, {"rectified"});
  onnx.add_node("MatMul", {"rectified", "out"}, {"output"});
  return onnx.finish();
}

// Bundles m0, m1, ... of such models, and their manifests.
class Bundles {
 public:
  Result<void> write(int models) {
    if (auto made = folder_.create(); !made) return made;
    const std::string onnx = two_layers_onnx();
    for (int i = 0; i < models; ++i) {
      pipeline::Manifest manifest;
      manifest.name = "m" + std::to_string(i);
      manifest.model.input = input::TensorSpec{.type = DataType::kFloat32, .shape = {1, kWidth}};
      if (auto ok = write_bench_bundle(path() / manifest.name, manifest, onnx); !ok) return ok;
      manifests_.push_back(std::move(manifest));
    }
    return {};
  }
  const std::filesystem::path& path() const { return folder_.path(); }
  const pipeline::Manifest& manifest(std::size_t model) const { return manifests_[model]; }

 private:
  BenchFolder folder_;
  std::vector<pipeline::Manifest> manifests_;
};

// Connections to all models but the first, as many to each as Zipf's law gives it, in no order.
std::vector<std::string> zipf_greetings(const Bundles& bundles) {
  double all = 0;
  for (int rank = 1; rank < kModels; ++rank) all += 1.0 / rank;
  std::vector<std::string> greetings;
  for (int rank = 1; rank < kModels; ++rank) {
    const auto connections = std::max(1.0, std::round(kOtherAskers / (rank * all)));
    for (int i = 0; i < static_cast<int>(connections); ++i) {
      greetings.push_back(greeting(bundles.manifest(static_cast<std::size_t>(rank))));
    }
  }
  std::mt19937 random(1);
  std::ranges::shuffle(greetings, random);
  return greetings;
}

double percentile(std::vector<float> values, double share) {
  if (values.empty()) return 0;
  const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return static_cast<double>(values[static_cast<std::size_t>(place)]);
}

struct Round {
  double pinned_p50_ms = 0;
  double pinned_p99_ms = 0;
  double others = 0;
};

// The pinned model's requests and the others', each at their own pace, side by side.
Result<Round> run_round(std::uint16_t port, const Bundles& bundles, std::chrono::milliseconds duration) {
  const std::vector<float> values(static_cast<std::size_t>(kWidth), 0.25F);
  PacedLoad pinned;
  pinned.port = port;
  pinned.connections = kPinnedAskers;
  pinned.requests_per_second = kPinnedPerSecond;
  pinned.duration = duration;
  pinned.first_messages = {greeting(bundles.manifest(0))};
  pinned.make_request = [&values](std::uint64_t id, std::string& message) {
    wire::Request request;
    request.id = id;
    request.budget = std::chrono::seconds(5);
    request.tensors.push_back({"input", {DataType::kFloat32, {1, kWidth}, std::as_bytes(std::span(values))}});
    wire::encode(request, message);
  };
  PacedLoad others = pinned;
  others.first_messages = zipf_greetings(bundles);
  others.connections = static_cast<std::uint32_t>(others.first_messages.size());
  others.requests_per_second = kOthersPerSecond;
  Result<PacedResult> theirs = PacedResult{};
  std::thread beside([&] { theirs = run_paced_load(others); });
  const auto ours = run_paced_load(pinned);
  beside.join();
  if (!ours) return fail(ours.error());
  if (!theirs) return fail(theirs.error());
  if (!ours->refusals.empty() || ours->astray != 0) {
    return fail(ErrorCode::kInternal, "requests for a model that is in memory were not answered");
  }
  return Round{percentile(ours->answers_ms, 0.5), percentile(ours->answers_ms, 0.99),
               static_cast<double>(theirs->sent)};
}

double metric(Server& server, const std::string& sample) {
  std::istringstream lines(server.metrics().text());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(sample + " ")) return std::stod(line.substr(sample.size() + 1));
  }
  return 0;
}

}  // namespace

Result<BenchKeys> bench_resident_latency(const BenchTime& time) {
  Bundles bundles;
  if (auto ok = bundles.write(kModels); !ok) return fail(ok.error());
  ServerOptions options;
  options.bundles = bundles.path();
  const auto quiet = start_bench_server(options);
  if (!quiet) return fail(quiet.error());
  options.model_memory_mb = kBudgetMb;
  options.pins = {"m0"};
  const auto loading = start_bench_server(options);
  if (!loading) return fail(loading.error());
  std::vector<double> without;
  std::vector<double> with;
  std::vector<double> ratios;  // of neighbours in time, since other programs come and go
  std::vector<double> typical_ratios;
  double asked = 0;
  for (int round = -1; round < time.rounds; ++round) {
    const bool quiet_first = round % 2 == 0;
    const auto first = run_round((quiet_first ? *quiet : *loading)->port(), bundles, time.round);
    if (!first) return fail(first.error());
    const auto second = run_round((quiet_first ? *loading : *quiet)->port(), bundles, time.round);
    if (!second) return fail(second.error());
    const Round& all_there = quiet_first ? *first : *second;
    const Round& some_there = quiet_first ? *second : *first;
    asked += some_there.others;
    if (round < 0) continue;
    without.push_back(all_there.pinned_p99_ms);
    with.push_back(some_there.pinned_p99_ms);
    ratios.push_back(some_there.pinned_p99_ms / all_there.pinned_p99_ms);
    typical_ratios.push_back(some_there.pinned_p50_ms / all_there.pinned_p50_ms);
  }
  const double loads = metric(**loading, "sluice_model_loads_total{outcome=\"loaded\"}");
  const double share = asked > 0 ? metric(**loading, "sluice_load_wait_seconds_count") / asked : 0;
  const double ratio = median(ratios);
  const double typical = median(typical_ratios);
  std::printf(
      "\n%d models on one worker, %.0f requests a second for one that stays and %.0f for the others: p99 %.2f ms with "
      "all in memory, "
      "%.2f ms with memory for ten (%.2f of its neighbour in time, the median request %.2f), %.0f loads, %.0f %% of "
      "the others' requests waited for one\n",
      kModels, kPinnedPerSecond, kOthersPerSecond, median(without), median(with), ratio, typical, loads, 100 * share);
  return BenchKeys{{"resident_p99_ms", median(with)},
                   {"resident_p99_over_quiet", ratio},
                   {"resident_p50_over_quiet", typical},
                   {"resident_load_share", share}};
}

Result<BenchKeys> bench_reload_memory(int reloads) {
  constexpr int kTaken = 10;
  Bundles bundles;
  if (auto ok = bundles.write(kTaken); !ok) return fail(ok.error());
  auto engine = choose_engine("onnxruntime", "", 1);
  if (!engine) return fail(engine.error());
  Metrics metrics;
  MemoryOptions memory;
  memory.residency.budget_bytes = std::uint64_t{10} << 20;  // for two
  ModelRegistry models(bundles.path(), {}, **engine, metrics, memory);
  if (auto read = models.reload(); !read) return fail(read.error());
  const auto start = now();
  const int looks = std::min(kWatched, reloads / 2);
  const int settled = std::min(kWatched, reloads - 2 * looks);  // loads that nobody looks at
  double first = 0;
  double last = 0;
  for (int i = 0; i < reloads; ++i) {
    const auto served = models.acquire("m" + std::to_string(i % kTaken));
    if (auto loaded = served->place().load_now(); !loaded) return fail(loaded.error());
    if (i >= settled && i < settled + looks) first += static_cast<double>(resident_bytes()) / looks;
    if (i >= reloads - looks) last += static_cast<double>(resident_bytes()) / looks;
  }
  const double each_ms = std::chrono::duration<double, std::milli>(now() - start).count() / reloads;
  const double growth = last - first;
  std::printf(
      "\n%d loads of ten models into memory for two, %.1f ms each: %.1f MB in the mean of the last %d, %.1f MB more "
      "than after the first\n",
      reloads, each_ms, last / kMegabyte, looks, growth / kMegabyte);
  return BenchKeys{{"rss_growth_1000_reloads_mb", growth / kMegabyte}, {"reload_ms", each_ms}};
}

}  // namespace sluice::server
