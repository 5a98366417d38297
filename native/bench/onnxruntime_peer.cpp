#include "native/bench/onnxruntime_peer.hpp"

#include <dlfcn.h>

#include <utility>

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>

namespace sluice::bench {
namespace {

// The library is never unloaded: its threads and statics outlive any session.
Result<void> load_library(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return fail(ErrorCode::kEngineUnavailable, std::string("cannot load ONNX Runtime: ") + dlerror());
  using GetApiBase = const OrtApiBase* (*)();
  const auto get_api_base = reinterpret_cast<GetApiBase>(dlsym(library, "OrtGetApiBase"));
  if (get_api_base == nullptr) return fail(ErrorCode::kEngineUnavailable, path + " is no ONNX Runtime library");
  const OrtApi* api = get_api_base()->GetApi(ORT_API_VERSION);
  if (api == nullptr) {
    return fail(ErrorCode::kEngineUnavailable, std::string("ONNX Runtime ") + get_api_base()->GetVersionString() +
                                                   " is older than the headers, which need API " +
                                                   std::to_string(ORT_API_VERSION));
  }
  Ort::InitApi(api);
  return {};
}

Ort::SessionOptions session_options(int threads) {
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(threads);
  options.SetInterOpNumThreads(1);
  options.SetExecutionMode(ORT_SEQUENTIAL);
  // Threads that spin between runs would take the processor from the other engine, whose turn it is.
  options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  return options;
}

}  // namespace

struct OnnxRuntimePeer::Impl {
  Impl(const std::string& onnx, int threads)
      : env(ORT_LOGGING_LEVEL_ERROR), session(env, onnx.data(), onnx.size(), session_options(threads)) {
    Ort::AllocatorWithDefaultOptions allocator;
    input_name = session.GetInputNameAllocated(0, allocator).get();
    output_name = session.GetOutputNameAllocated(0, allocator).get();
    shape = session.GetInputTypeInfo(0).GetTensorTypeAndShapeInfo().GetShape();
  }

  Ort::Env env;
  Ort::Session session;
  std::string input_name;
  std::string output_name;
  std::vector<std::int64_t> shape;
  std::vector<Ort::Value> outputs;
};

Result<OnnxRuntimePeer> OnnxRuntimePeer::create(const std::string& library_path, const std::string& onnx, int threads) {
  if (auto loaded = load_library(library_path); !loaded) return fail(loaded.error());
  try {
    return OnnxRuntimePeer(std::make_unique<Impl>(onnx, threads));
  } catch (const Ort::Exception& error) {
    return fail(ErrorCode::kEngineUnavailable, std::string("ONNX Runtime refuses the model: ") + error.what());
  }
}

OnnxRuntimePeer::OnnxRuntimePeer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OnnxRuntimePeer::OnnxRuntimePeer(OnnxRuntimePeer&&) noexcept = default;
OnnxRuntimePeer& OnnxRuntimePeer::operator=(OnnxRuntimePeer&&) noexcept = default;
OnnxRuntimePeer::~OnnxRuntimePeer() = default;

Result<std::span<const float>> OnnxRuntimePeer::run(std::span<float> input) {
  try {
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    const auto value =
        Ort::Value::CreateTensor<float>(memory, input.data(), input.size(), impl_->shape.data(), impl_->shape.size());
    const char* input_name = impl_->input_name.c_str();
    const char* output_name = impl_->output_name.c_str();
    impl_->outputs = impl_->session.Run(Ort::RunOptions{nullptr}, &input_name, &value, 1, &output_name, 1);
    const Ort::Value& output = impl_->outputs.front();
    return std::span(output.GetTensorData<float>(), output.GetTensorTypeAndShapeInfo().GetElementCount());
  } catch (const Ort::Exception& error) {
    return fail(ErrorCode::kExecutionFailed, std::string("ONNX Runtime: ") + error.what());
  }
}

}  // namespace sluice::bench
