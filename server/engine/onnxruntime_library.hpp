// ONNX Runtime's shared library, opened at run time, so that the server builds and starts without it. Shared by the models
// that it loaded and never unloaded, since the library keeps threads and global state. Safe from any thread.
// kEngineUnavailable names every path tried, or both versions when the library is older than the headers.
#pragma once

#include <onnxruntime_c_api.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::server {

class OnnxRuntimeLibrary {
 public:
  // Tries `paths` in order and takes the first that loads.
  static Result<std::shared_ptr<OnnxRuntimeLibrary>> open(std::span<const std::string> paths);
  ~OnnxRuntimeLibrary();
  OnnxRuntimeLibrary(const OnnxRuntimeLibrary&) = delete;
  OnnxRuntimeLibrary& operator=(const OnnxRuntimeLibrary&) = delete;

  const OrtApi& api() const { return *api_; }
  OrtEnv* environment() const { return environment_; }
  const std::string& version() const { return version_; }
  const std::string& path() const { return path_; }

 private:
  OnnxRuntimeLibrary(const OrtApi* api, OrtEnv* environment, std::string version, std::string path);
  const OrtApi* api_;
  OrtEnv* environment_;
  std::string version_;
  std::string path_;
};

// Where the library is looked for when no path is given: beside the program, where the build had it, the loader's own path.
std::vector<std::string> default_onnxruntime_paths();

}  // namespace sluice::server
