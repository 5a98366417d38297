#include "server/bench/bench_setting.hpp"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

#include "core/questions/table.hpp"
#include "core/wire/codec.hpp"
#include "server/engine/engine_choice.hpp"
#include "server/models/sha256.hpp"

namespace sluice::server {

namespace fs = std::filesystem;

int print_keys(const char* program, const std::vector<Result<BenchKeys>>& parts) {
  std::string line;
  for (const auto& part : parts) {
    if (!part) {
      std::fprintf(stderr, "%s: %s\n", program, describe(part.error()).c_str());
      return 1;
    }
    for (const auto& [key, value] : *part) {
      std::array<char, 96> text{};
      std::snprintf(text.data(), text.size(), "%s\"%s\":%.*f", line.empty() ? "" : ",", key.c_str(),
                    value < 100 ? 3 : 0, value);
      line += text.data();
    }
  }
  std::printf("\n{%s}\n", line.c_str());
  return 0;
}

BenchFolder::~BenchFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<void> BenchFolder::create() {
  std::string pattern = (fs::temp_directory_path() / "sluice-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return fail(ErrorCode::kIoError, {"no folder can be made in ", pattern});
  path_ = pattern;
  return {};
}

namespace {

// In one step.
Result<void> write_manifest(const fs::path& folder, const pipeline::Manifest& manifest) {
  const auto text = questions::write_manifest(manifest);
  if (!text) return fail(text.error());
  const auto half = folder / "manifest.json.half";
  std::ofstream file(half, std::ios::binary);
  file << *text;
  file.close();
  std::error_code problem;
  fs::rename(half, folder / "manifest.json", problem);
  if (!file || problem) return fail(ErrorCode::kIoError, {"the manifest can't be written to ", folder.string()});
  return {};
}

}  // namespace

Result<void> write_bench_bundle(const fs::path& folder, pipeline::Manifest& manifest, const std::string& onnx) {
  const auto hash = sha256_hex(as_bytes(onnx));
  if (!hash) return fail(hash.error());
  manifest.version = "1";
  manifest.parts = {{"model", "model.onnx", onnx.size(), *hash}};
  manifest.model.part = "model";
  manifest.model.output.decoder = "none";
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  std::ofstream file(folder / "model.onnx", std::ios::binary);
  file << onnx;
  if (!file.flush()) return fail(ErrorCode::kIoError, {"the model can't be written to ", folder.string()});
  return write_manifest(folder, manifest);
}

Result<void> BenchBundle::write(pipeline::Manifest manifest, const std::string& onnx) {
  if (auto made = folder_.create(); !made) return made;
  manifest_ = std::move(manifest);
  return write_bench_bundle(path(), manifest_, onnx);
}

Result<void> BenchBundle::rewrite(const pipeline::Manifest& manifest) const { return write_manifest(path(), manifest); }

Result<std::unique_ptr<Server>> start_bench_server(const fs::path& bundle, std::uint32_t inline_compute_us) {
  ServerOptions options;
  options.bundles = bundle;
  options.inline_compute_us = inline_compute_us;
  return start_bench_server(std::move(options));
}

Result<std::unique_ptr<Server>> start_bench_server(ServerOptions options) {
  auto engine = choose_engine("onnxruntime", "", 1);
  if (!engine) return fail(engine.error());
  options.port = 0;
  options.workers = 1;
  options.max_connections = 8192;
  return Server::start(options, std::move(*engine), Log(Log::Form::kSilent));
}

std::string greeting(const pipeline::Manifest& manifest) {
  wire::Hello hello;
  hello.client = "bench_server";
  hello.bundle = manifest.name;
  hello.bundle_version = manifest.version;
  std::string message;
  wire::encode(hello, message);
  return message;
}

LoadOptions tensor_load(std::uint16_t port, const pipeline::Manifest* hello, const Shape& shape,
                        std::span<const float> values) {
  LoadOptions load;
  load.port = port;
  if (hello != nullptr) load.first_message = greeting(*hello);
  // The same work on the asking side for all.
  load.make_request = [&shape, values](std::uint64_t id, std::string& message) {
    wire::Request request;
    request.id = id;
    request.budget = std::chrono::seconds(10);
    request.tensors.push_back({"input", {DataType::kFloat32, shape, std::as_bytes(values)}});
    wire::encode(request, message);
  };
  load.check_answer = [is_sluice = hello != nullptr](const std::string& answer) {
    const auto decoded = wire::decode(as_bytes(answer));
    if (!decoded) return false;
    return is_sluice ? std::holds_alternative<wire::Answer>(*decoded) : std::holds_alternative<wire::Request>(*decoded);
  };
  return load;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace sluice::server
