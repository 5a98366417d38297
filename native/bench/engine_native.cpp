// Our engine against ONNX Runtime, natively: a MobileNetV2-shaped network in float32 and int8, on 1 and 2 threads, both
// engines in one process, taking turns, medians. Prints a table and ends with one line of flat JSON; a ratio is theirs over
// ours, so above 1 we are faster. Without ONNX Runtime our times alone are given and the ratios left out, in words.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "core/model/model.hpp"
#include "core/model/thread_pool.hpp"
#include "native/bench/mobilenet_v2.hpp"
#include "native/bench/onnxruntime_peer.hpp"

namespace {

using namespace sluice;

struct Options {
  std::string library_path = SLUICE_ONNXRUNTIME_LIBRARY;
  int rounds = 60;
};

struct Times {
  double ours_ms = 0.0;
  std::optional<double> theirs_ms;
  double largest_difference = 0.0;  // of the outputs, relative to the largest one
};

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double relative_difference(std::span<const float> a, std::span<const float> b) {
  double largest = 0.0;
  double scale = 1e-12;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    largest = std::max(largest, static_cast<double>(std::abs(a[i] - b[i])));
    scale = std::max(scale, static_cast<double>(std::abs(b[i])));
  }
  return a.size() == b.size() ? largest / scale : 1.0;
}

Result<Times> measure(const Options& options, const std::string& onnx, int threads) {
  const auto pool = model::ThreadPool::create(static_cast<std::size_t>(threads));
  if (!pool) return fail(pool.error());
  model::LoadOptions load;
  load.operators = model::all_operators();
  load.threads = pool->get();
  auto ours = model::Model::load(as_bytes(onnx), load);
  if (!ours) return fail(ours.error());
  auto theirs = bench::OnnxRuntimePeer::create(options.library_path, onnx, threads);
  if (!theirs && theirs.error().code != ErrorCode::kEngineUnavailable) return fail(theirs.error());

  auto input = Tensor::create(DataType::kFloat32, Shape{1, 3, 224, 224});
  if (!input) return fail(input.error());
  const auto elements = input->as<float>();
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = std::sin(0.01F * static_cast<float>(i % 10'007));
  const TensorView view = input->view();

  Times times;
  std::vector<double> ours_ms;
  std::vector<double> theirs_ms;
  constexpr int kWarmUps = 5;
  for (int round = -kWarmUps; round < options.rounds; ++round) {
    double start = now_ms();
    if (auto done = ours->run({&view, 1}); !done) return fail(done.error());
    if (round >= 0) ours_ms.push_back(now_ms() - start);
    if (!theirs) continue;
    start = now_ms();
    const auto output = theirs->run(elements);
    if (!output) return fail(output.error());
    if (round >= 0) theirs_ms.push_back(now_ms() - start);
    times.largest_difference = relative_difference(ours->output(0).as<float>(), *output);
  }
  times.ours_ms = median(ours_ms);
  if (theirs) times.theirs_ms = median(theirs_ms);
  return times;
}

struct Case {
  const char* label;
  const char* key;  // of the JSON; "" is native_ratio_Nt
  bench::Precision precision;
};

int run(const Options& options) {
  constexpr Case kCases[] = {{"float32", "", bench::Precision::kFloat32}, {"int8", "int8_", bench::Precision::kInt8}};
  std::string json;
  bool peer_missing = false;
  std::printf("MobileNetV2 1.0, 224 x 224, 301 million multiply-adds, generated weights; medians of %d, taking turns\n",
              options.rounds);
  std::printf("%-8s %8s %12s %16s %8s %22s\n", "", "threads", "Sluice ms", "ONNX Runtime ms", "ratio",
              "largest difference");
  for (const Case& one : kCases) {
    const std::string onnx = bench::mobilenet_v2(one.precision);
    for (const int threads : {1, 2}) {
      const auto times = measure(options, onnx, threads);
      if (!times) {
        std::fprintf(stderr, "%s\n", describe(times.error()).c_str());
        return 1;
      }
      const auto add = [&](const char* what, double value) {
        char buffer[128];
        std::snprintf(buffer, sizeof(buffer), "%s\"native_%s%s_%dt\":%.3f", json.empty() ? "" : ",", one.key, what,
                      threads, value);
        json += buffer;
      };
      add("ms", times->ours_ms);
      if (times->theirs_ms) {
        const double ratio = *times->theirs_ms / times->ours_ms;
        std::printf("%-8s %8d %12.2f %16.2f %8.2f %21.2g%%\n", one.label, threads, times->ours_ms, *times->theirs_ms,
                    ratio, 100.0 * times->largest_difference);
        add("ratio", ratio);
      } else {
        std::printf("%-8s %8d %12.2f %16s\n", one.label, threads, times->ours_ms, "-");
        peer_missing = true;
      }
    }
  }
  if (peer_missing)
    std::printf("ONNX Runtime was left out: it cannot be loaded from %s\n", options.library_path.c_str());
  std::printf("{%s}\n", json.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Our engine against ONNX Runtime on this machine");
  app.add_option("--onnxruntime", options.library_path, "ONNX Runtime's shared library");
  app.add_option("--rounds", options.rounds, "measured runs of each engine")->check(CLI::Range(1, 100'000));
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
