// What the server's benchmarks share: a bundle in a temporary folder, a server over it in this process, the requests of its load,
// and the report. Nothing is kept between measurements.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/manifest.hpp"
#include "server/bench/websocket_peers.hpp"
#include "server/server.hpp"

namespace sluice::server {

struct BenchTime {
  int rounds = 5;
  std::chrono::milliseconds round{1000};
};

// Keys and figures of the last line, in the order of the measurements.
using BenchKeys = std::vector<std::pair<std::string, double>>;

// Prints them as one line of flat JSON, or why there are none. The program's exit status.
int print_keys(const char* program, const std::vector<Result<BenchKeys>>& parts);

// A temporary folder, gone with this object.
class BenchFolder {
 public:
  BenchFolder() = default;
  ~BenchFolder();
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;

  Result<void> create();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Completes the manifest, whose name and input are given, and writes it and the model into a folder, which is made.
Result<void> write_bench_bundle(const std::filesystem::path& folder, pipeline::Manifest& manifest,
                                const std::string& onnx);

// A folder with one bundle of one model, gone with this object.
class BenchBundle {
 public:
  // Completes the manifest, whose name and input are given, and writes both.
  Result<void> write(pipeline::Manifest manifest, const std::string& onnx);
  // Writes another manifest beside the same model, in one step.
  Result<void> rewrite(const pipeline::Manifest& manifest) const;
  const pipeline::Manifest& manifest() const { return manifest_; }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  BenchFolder folder_;
  pipeline::Manifest manifest_;
};

// ONNX Runtime with one thread a run, one worker, a free port, silent.
Result<std::unique_ptr<Server>> start_bench_server(const std::filesystem::path& bundle,
                                                   std::uint32_t inline_compute_us);
// The same, of more settings than those.
Result<std::unique_ptr<Server>> start_bench_server(ServerOptions options);

// The protocol's first message of a client of this bundle.
std::string greeting(const pipeline::Manifest& manifest);

// Requests of one tensor "input". `hello` is left out for a peer that is no Sluice server. `shape` and `values` must outlive the load.
LoadOptions tensor_load(std::uint16_t port, const pipeline::Manifest* hello, const Shape& shape,
                        std::span<const float> values);

double median(std::vector<double> values);

}  // namespace sluice::server
