#include "tests/server/test_server.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "core/questions/table.hpp"
#include "server/engine/engine_choice.hpp"
#include "server/models/sha256.hpp"

namespace sluice::test {

namespace fs = std::filesystem;

void write_all(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

const std::string& retinaface_onnx() {
  static const std::string bytes = read_file(fs::path(SLUICE_DEPS_DIR) / "models/retinaface/mnet.25_v2.onnx");
  return bytes;
}

const std::string& face_picture() {
  static const std::string bytes =
      read_file(fs::path(SLUICE_DEPS_DIR) / "footage/test/startbootstrap-landing-page/assets-img-testimonials-1.jpg");
  return bytes;
}

const std::string& plain_picture() {
  static const std::string bytes =
      read_file(fs::path(SLUICE_DEPS_DIR) / "footage/test/startbootstrap-creative/assets-img-bg-masthead.jpg");
  return bytes;
}

namespace {

void write_part(const fs::path& folder, pipeline::Manifest& manifest, const std::string& name,
                const std::string& onnx) {
  const auto hash = server::sha256_hex(as_bytes(onnx));
  REQUIRE(hash);
  manifest.parts.push_back({name, name + ".onnx", onnx.size(), *hash});
  write_all(folder / manifest.name / (name + ".onnx"), onnx);
}

void write_parts(const fs::path& folder, pipeline::Manifest manifest, const std::string& onnx,
                 const std::string* filter, const std::string& version) {
  manifest.version = version;
  manifest.parts.clear();
  write_part(folder, manifest, "model", onnx);
  if (filter != nullptr) write_part(folder, manifest, "filter", *filter);
  manifest.model.part = "model";
  write_all(folder / manifest.name / "manifest.json", questions::write_manifest(manifest).value());
}

}  // namespace

void write_bundle(const fs::path& folder, pipeline::Manifest manifest, const std::string& onnx,
                  const std::string& version) {
  write_parts(folder, std::move(manifest), onnx, nullptr, version);
}

void write_bundle_with_filter(const fs::path& folder, pipeline::Manifest manifest, const std::string& onnx,
                              const std::string& filter, const std::string& version) {
  write_parts(folder, std::move(manifest), onnx, &filter, version);
}

void write_faces_bundle(const fs::path& folder, const std::string& name) {
  pipeline::Manifest manifest;
  manifest.name = name;
  manifest.model.input = input::ImageSpec{.width = 640, .height = 640, .fit = input::Fit::kLetterbox};
  manifest.model.output.decoder = "retinaface";
  write_bundle(folder, std::move(manifest), retinaface_onnx());
}

void write_plain_bundle(const fs::path& folder, const std::string& name, const std::string& onnx, std::uint32_t side) {
  write_plain_bundle(folder, name, onnx, input::ImageSpec{.width = side, .height = side});
}

void write_plain_bundle(const fs::path& folder, const std::string& name, const std::string& onnx,
                        const input::InputSpec& input) {
  pipeline::Manifest manifest;
  manifest.name = name;
  manifest.model.input = input;
  manifest.model.output.decoder = "none";
  write_bundle(folder, std::move(manifest), onnx);
}

std::unique_ptr<server::Engine> real_engine(const std::string& name) {
  auto engine =
      server::choose_engine(name, name == "xnnpack" ? "" : SLUICE_DEPS_DIR "/onnxruntime/lib/libonnxruntime.so.1", 1);
  if (!engine) FAIL(describe(engine.error()));
  return std::move(*engine);
}

TestServer::TestServer(const fs::path& bundles, server::ServerOptions options, std::unique_ptr<server::Engine> engine) {
  options.bundles = bundles;
  options.port = 0;
  auto started = server::Server::start(options, std::move(engine), server::Log(server::Log::Form::kSilent));
  if (!started) FAIL(describe(started.error()));
  server_ = std::move(*started);
}

TestServer::TestServer(server::ServerOptions options) {
  write_faces_bundle(folder_.path());
  options.bundles = folder_.path();
  options.port = 0;
  auto started = server::Server::start(options, real_engine(), server::Log(server::Log::Form::kSilent));
  if (!started) FAIL(describe(started.error()));
  server_ = std::move(*started);
}

double TestServer::metric(const std::string& sample) {
  const std::string text = server_->metrics().text();
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(sample + " ")) return std::stod(line.substr(sample.size() + 1));
  }
  return -1;
}

wire::Welcome say_hello(WebSocketClient& client, std::uint16_t port, const std::string& bundle,
                        const WebSocketClient::Options& options) {
  REQUIRE(client.connect(port, options));
  wire::Hello hello;
  hello.client = "test";
  hello.bundle = bundle;
  hello.bundle_version = kVersion;
  client.send(hello);
  const auto answer = client.receive();
  REQUIRE(answer);
  REQUIRE(std::holds_alternative<wire::Welcome>(*answer));
  return std::get<wire::Welcome>(*answer);
}

wire::Request picture_request(std::uint64_t id, const std::string& jpeg) {
  wire::Request request;
  request.id = id;
  request.budget = std::chrono::seconds(20);
  request.encoding = wire::Encoding::kJpeg;
  request.payload = as_bytes(jpeg);
  return request;
}

}  // namespace sluice::test
