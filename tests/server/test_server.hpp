// What the server's tests share: bundles made in temporary folders, real pictures, and a server in this process.
// Each object removes what it made.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/input/input.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/wire/messages.hpp"
#include "server/engine/engine.hpp"
#include "server/options.hpp"
#include "server/server.hpp"
#include "tests/native/temporary_folder.hpp"
#include "tests/server/loopback_client.hpp"

namespace sluice::test {

void write_all(const std::filesystem::path& path, const std::string& bytes);

// The face detector of the faces bundle, as set-up fetched it.
const std::string& retinaface_onnx();
// A portrait with one face, and a picture without any; JPEG.
const std::string& face_picture();
const std::string& plain_picture();

// Writes `folder`/NAME with a manifest and model.onnx; `onnx` is the model of one input 640 x 640.
void write_faces_bundle(const std::filesystem::path& folder, const std::string& name = "faces");
// Writes `folder`/NAME with the model as its only part.
void write_bundle(const std::filesystem::path& folder, pipeline::Manifest manifest, const std::string& onnx,
                  const std::string& version = "1.0.0");
// Beside it the part "filter".
void write_bundle_with_filter(const std::filesystem::path& folder, pipeline::Manifest manifest, const std::string& onnx,
                              const std::string& filter, const std::string& version = "1.0.0");
// A bundle whose model is `onnx`, with the input [1, 3, side, side] and decoder "none".
void write_plain_bundle(const std::filesystem::path& folder, const std::string& name, const std::string& onnx,
                        std::uint32_t side);
// The same for an input of any kind.
void write_plain_bundle(const std::filesystem::path& folder, const std::string& name, const std::string& onnx,
                        const input::InputSpec& input);

inline constexpr const char* kVersion = "1.0.0";  // of the bundles written here

// The engine that --engine names, from the set-up's library.
std::unique_ptr<server::Engine> real_engine(const std::string& name = "onnxruntime");

class TestServer {
 public:
  // Fails the running test when the server does not start. Options get a free port and `bundles`.
  TestServer(const std::filesystem::path& bundles, server::ServerOptions options,
             std::unique_ptr<server::Engine> engine);
  // RetinaFace on ONNX Runtime.
  explicit TestServer(server::ServerOptions options = {});

  server::Server& operator*() { return *server_; }
  server::Server* operator->() { return server_.get(); }
  std::uint16_t port() const { return server_->port(); }
  // The value of a sample of /metrics, "sluice_requests_total{...}" up to the closing brace; -1 when it is not there.
  double metric(const std::string& sample);

 private:
  TemporaryFolder folder_;
  std::unique_ptr<server::Server> server_;
};

// Connects and says hello; the Welcome, or fails the running test.
wire::Welcome say_hello(WebSocketClient& client, std::uint16_t port, const std::string& bundle = "faces",
                        const WebSocketClient::Options& options = {});

wire::Request picture_request(std::uint64_t id, const std::string& jpeg);

}  // namespace sluice::test
