// bench_server: what our protocol, session and engine call cost on top of a bare Beast WebSocket echo. Requests of one small
// tensor, one under way on each connection, against (a) the echo, (b) the server with its defaults, (c) the server with
// every request handed to a worker thread. All in this process: one thread of load, one I/O thread for each server.
// Rounds are interleaved and medians reported. Ends with one line of flat JSON.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "core/questions/table.hpp"
#include "core/wire/codec.hpp"
#include "server/bench/identity_model.hpp"
#include "server/bench/websocket_peers.hpp"
#include "server/engine/engine_choice.hpp"
#include "server/server.hpp"
#include "server/models/sha256.hpp"

namespace {

using namespace sluice;
using namespace sluice::server;
namespace fs = std::filesystem;

constexpr std::uint32_t kSide = 4;  // 48 floats, 192 bytes
constexpr std::size_t kValues = std::size_t{3} * kSide * kSide;

class BundleFolder {
 public:
  BundleFolder() {
    std::string pattern = (fs::temp_directory_path() / "sluice-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~BundleFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

  Result<void> write() const {
    const auto onnx = identity_onnx(kSide);
    const auto hash = sha256_hex(as_bytes(onnx));
    if (!hash) return fail(hash.error());
    pipeline::Manifest manifest;
    manifest.name = "identity";
    manifest.version = "1";
    manifest.parts = {{"model", "model.onnx", onnx.size(), *hash}};
    manifest.model.part = "model";
    manifest.model.input = input::ImageSpec{.width = kSide, .height = kSide};
    manifest.model.output.decoder = "none";
    std::ofstream(path_ / "model.onnx", std::ios::binary) << onnx;
    const auto text = questions::write_manifest(manifest);
    if (!text) return fail(text.error());
    std::ofstream(path_ / "manifest.json", std::ios::binary) << *text;
    return {};
  }

 private:
  fs::path path_;
};

struct Contender {
  std::string name;
  std::uint16_t port = 0;
  bool sluice = false;
};

Result<std::unique_ptr<Server>> start_server(const fs::path& bundle, std::uint32_t inline_compute_us) {
  auto engine = choose_engine("onnxruntime", "", 1);
  if (!engine) return fail(engine.error());
  ServerOptions options;
  options.bundles = bundle;
  options.port = 0;
  options.workers = 1;
  options.inline_compute_us = inline_compute_us;
  return Server::start(options, std::move(*engine), Log(Log::Form::kSilent));
}

LoadOptions load_of(const Contender& contender, std::uint32_t connections, std::chrono::milliseconds duration,
                    const std::vector<float>& values) {
  LoadOptions load;
  load.port = contender.port;
  load.connections = connections;
  load.duration = duration;
  if (contender.sluice) {
    wire::Hello hello;
    hello.client = "bench_server";
    hello.bundle = "identity";
    hello.bundle_version = "1";
    wire::encode(hello, load.first_message);
  }
  // The same work on the asking side for both.
  load.make_request = [&values](std::uint64_t id, std::string& message) {
    wire::Request request;
    request.id = id;
    request.budget = std::chrono::seconds(10);
    request.tensors.push_back({"input", {DataType::kFloat32, {1, 3, kSide, kSide}, std::as_bytes(std::span(values))}});
    wire::encode(request, message);
  };
  load.check_answer = [sluice = contender.sluice](const std::string& answer) {
    const auto decoded = wire::decode(as_bytes(answer));
    if (!decoded) return false;
    return sluice ? std::holds_alternative<wire::Answer>(*decoded) : std::holds_alternative<wire::Request>(*decoded);
  };
  return load;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Row {
  std::vector<double> rates, p50, p99;
};

int run_rounds(int rounds, std::chrono::milliseconds duration) {
  const BundleFolder folder;
  const auto complain = [](const Error& error) {
    std::fprintf(stderr, "bench_server: %s\n", describe(error).c_str());
    return 1;
  };
  if (auto ok = folder.write(); !ok) return complain(ok.error());
  const EchoServer echo;
  const auto direct = start_server(folder.path(), ServerOptions{}.inline_compute_us);
  if (!direct) return complain(direct.error());
  const auto queued = start_server(folder.path(), 0);
  if (!queued) return complain(queued.error());
  const std::vector<Contender> contenders = {{"Beast echo", echo.port(), false},
                                             {"sluice-server", (*direct)->port(), true},
                                             {"  through a worker thread", (*queued)->port(), true}};
  const std::vector<float> values(kValues, 0.25F);
  const std::vector<std::uint32_t> loads = {1, 64};
  std::vector<std::vector<Row>> rows(loads.size(), std::vector<Row>(contenders.size()));
  for (int round = -1; round < rounds; ++round) {  // the first warms up
    for (std::size_t l = 0; l < loads.size(); ++l) {
      for (std::size_t c = 0; c < contenders.size(); ++c) {
        const auto result = run_load(load_of(contenders[c], loads[l], duration, values));
        if (!result) return complain(result.error());
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
      kValues * sizeof(float), rounds, static_cast<long long>(duration.count()));
  std::printf("%-28s %12s %12s %9s %9s %8s\n", "", "connections", "requests/s", "p50 ms", "p99 ms", "of echo");
  for (std::size_t l = 0; l < loads.size(); ++l) {
    for (std::size_t c = 0; c < contenders.size(); ++c) {
      const auto& row = rows[l][c];
      std::printf("%-28s %12u %12.0f %9.3f %9.3f %8.2f\n", contenders[c].name.c_str(), loads[l], median(row.rates),
                  median(row.p50), median(row.p99), median(row.rates) / median(rows[l][0].rates));
    }
  }
  const auto ratio = [&](std::size_t l, std::size_t c) { return median(rows[l][c].rates) / median(rows[l][0].rates); };
  std::printf(
      "\n{\"echo_ratio_1\":%.3f,\"echo_ratio_64\":%.3f,\"p99_ms_64\":%.3f,\"worker_ratio_1\":%.3f,\"worker_ratio_64\":%"
      ".3f,"
      "\"requests_per_s_1\":%.0f,\"requests_per_s_64\":%.0f,\"echo_per_s_1\":%.0f,\"echo_per_s_64\":%.0f}\n",
      ratio(0, 1), ratio(1, 1), median(rows[1][1].p99), ratio(0, 2), ratio(1, 2), median(rows[0][1].rates),
      median(rows[1][1].rates), median(rows[0][0].rates), median(rows[1][0].rates));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Requests a second and latency of sluice-server against a bare Beast WebSocket echo", "bench_server");
  int rounds = 5;
  int round_ms = 1000;
  app.add_option("--rounds", rounds, "interleaved rounds")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--round-ms", round_ms, "length of each measurement")
      ->check(CLI::Range(10, 600'000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return run_rounds(rounds, std::chrono::milliseconds(round_ms));
}
