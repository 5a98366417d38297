// bench_remote_half: what batches across connections gain a bundle in two halves; see remote_half_bench.hpp. The features are those of
// CIFAR-10's test pictures. Ends with one line of flat JSON.
//   bench_remote_half BUNDLE [--pictures FOLDER] [--rounds 5] [--round-ms 1000]
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "native/eval/split/cifar10.hpp"
#include "native/eval/split/split_runner.hpp"
#include "server/bench/remote_half_bench.hpp"

namespace {

using namespace sluice;
using namespace sluice::server;

constexpr std::uint32_t kEvery = 40;  // of 10,000 pictures

Result<std::vector<std::vector<std::uint8_t>>> payloads_of(const bundle::Bundle& bundle,
                                                           const std::filesystem::path& folder) {
  const auto pictures = eval::read_cifar10_test(folder);
  if (!pictures) return fail(pictures.error());
  auto runner = eval::SplitRunner::create(bundle);
  if (!runner) return fail(runner.error());
  std::vector<std::vector<std::uint8_t>> payloads;
  for (std::size_t i = 0; i < pictures->size(); i += kEvery) {
    auto device = runner->device(pictures->picture(i), *pictures);
    if (!device) return fail(device.error());
    payloads.push_back(std::move(device->payload));
  }
  return payloads;
}

Result<BenchKeys> measure(const std::string& folder, const std::string& pictures, const BenchTime& time) {
  const auto bundle = bundle::read_bundle(folder);
  if (!bundle) return fail(bundle.error());
  const auto payloads = payloads_of(*bundle, pictures);
  if (!payloads) return fail(payloads.error());
  return bench_remote_half(*bundle, *payloads, time);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Throughput of a remote half under 64 connections, batched and one by one", "bench_remote_half");
  std::string bundle;
  std::string pictures = ".deps/cifar10";
  BenchTime time;
  int round_ms = 1000;
  app.add_option("bundle", bundle, "folder of a bundle in two halves")->required();
  app.add_option("--pictures", pictures, "folder of CIFAR-10, as ./dev setup --cifar10 fetches it")
      ->capture_default_str();
  app.add_option("--rounds", time.rounds, "interleaved rounds")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--round-ms", round_ms, "length of each measurement")
      ->check(CLI::Range(10, 600'000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  time.round = std::chrono::milliseconds(round_ms);
  return print_keys("bench_remote_half", {measure(bundle, pictures, time)});
}
