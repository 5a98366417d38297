#include "server/engine/onnxruntime_library.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <utility>

namespace sluice::server {

OnnxRuntimeLibrary::OnnxRuntimeLibrary(const OrtApi* api, OrtEnv* environment, std::string version, std::string path)
    : api_(api), environment_(environment), version_(std::move(version)), path_(std::move(path)) {}

OnnxRuntimeLibrary::~OnnxRuntimeLibrary() { api_->ReleaseEnv(environment_); }

Result<std::shared_ptr<OnnxRuntimeLibrary>> OnnxRuntimeLibrary::open(std::span<const std::string> paths) {
  std::string tried;
  for (const auto& path : paths) {
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char* reason = dlerror();
      tried += "; tried " + path + " (" + (reason != nullptr ? reason : "no reason given") + ")";
      continue;
    }
    using GetBase = const OrtApiBase* (*)();
    const auto get_base = reinterpret_cast<GetBase>(dlsym(handle, "OrtGetApiBase"));
    const OrtApiBase* base = get_base != nullptr ? get_base() : nullptr;
    if (base == nullptr) {
      return fail(ErrorCode::kEngineUnavailable, path + " has no OrtGetApiBase: it is not ONNX Runtime");
    }
    std::string version = base->GetVersionString();
    const OrtApi* api = base->GetApi(ORT_API_VERSION);
    if (api == nullptr) {
      return fail(ErrorCode::kEngineUnavailable, path + " is ONNX Runtime " + version + ", which lacks API version " +
                                                     std::to_string(ORT_API_VERSION) +
                                                     " that this server was built for; install 1." +
                                                     std::to_string(ORT_API_VERSION) + " or later");
    }
    OrtEnv* environment = nullptr;
    if (OrtStatus* status = api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "sluice", &environment); status != nullptr) {
      const std::string message = api->GetErrorMessage(status);
      api->ReleaseStatus(status);
      return fail(ErrorCode::kEngineUnavailable, path + ": " + message);
    }
    return std::shared_ptr<OnnxRuntimeLibrary>(new OnnxRuntimeLibrary(api, environment, std::move(version), path));
  }
  return fail(
      ErrorCode::kEngineUnavailable,
      "ONNX Runtime's library was not found; name it with --onnxruntime-library or use --engine xnnpack" + tried);
}

std::vector<std::string> default_onnxruntime_paths() {
  constexpr const char* kSoname = "libonnxruntime.so.1";
  std::vector<std::string> paths;
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  if (!ignored) paths.push_back((program.parent_path().parent_path() / "lib" / kSoname).string());
  if (const std::string built_with = SLUICE_ONNXRUNTIME_LIBRARY; !built_with.empty()) paths.push_back(built_with);
  paths.emplace_back(kSoname);
  return paths;
}

}  // namespace sluice::server
