#include "server/engine/onnxruntime_engine.hpp"

#include <utility>
#include <vector>

#include "server/engine/onnxruntime_library.hpp"

namespace sluice::server {

namespace {

using Library = std::shared_ptr<OnnxRuntimeLibrary>;

// Takes the status; an error of `code` with ONNX Runtime's own words.
Result<void> check(const OrtApi& api, OrtStatus* status, ErrorCode code) {
  if (status == nullptr) return {};
  const std::string message = api.GetErrorMessage(status);
  api.ReleaseStatus(status);
  return fail(code, "ONNX Runtime: " + message);
}

// Releases what the C API hands out.
template <typename T>
class Handle {
 public:
  using Release = void (*)(T*);
  explicit Handle(Release release) : release_(release) {}
  Handle(Handle&& other) noexcept : value_(std::exchange(other.value_, nullptr)), release_(other.release_) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() { reset(); }
  T** out() {
    reset();
    return &value_;
  }
  T* get() const { return value_; }
  void reset() {
    if (value_ != nullptr) release_(std::exchange(value_, nullptr));
  }

 private:
  T* value_ = nullptr;
  Release release_;
};

DataType to_data_type(ONNXTensorElementDataType type) {
  // Both number the types as ONNX does.
  const auto candidate = static_cast<DataType>(type);
  return element_size(candidate) > 0 ? candidate : DataType::kUndefined;
}

struct TypeAndDims {
  DataType type = DataType::kUndefined;
  std::vector<std::int64_t> dims;
};

Result<TypeAndDims> read_type(const OrtApi& api, const OrtTensorTypeAndShapeInfo* info, ErrorCode code) {
  TypeAndDims result;
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  if (auto ok = check(api, api.GetTensorElementType(info, &element), code); !ok) return fail(ok.error());
  std::size_t rank = 0;
  if (auto ok = check(api, api.GetDimensionsCount(info, &rank), code); !ok) return fail(ok.error());
  result.dims.resize(rank);
  if (auto ok = check(api, api.GetDimensions(info, result.dims.data(), rank), code); !ok) return fail(ok.error());
  result.type = to_data_type(element);
  return result;
}

class OnnxRuntimeModel;

class OnnxRuntimeStage final : public run::Stage {
 public:
  OnnxRuntimeStage(std::shared_ptr<const OnnxRuntimeModel> model, OrtMemoryInfo* memory,
                   Handle<OrtRunOptions> run_options);
  ~OnnxRuntimeStage() override;
  OnnxRuntimeStage(const OnnxRuntimeStage&) = delete;
  OnnxRuntimeStage& operator=(const OnnxRuntimeStage&) = delete;

  std::span<const model::TensorInfo> inputs() const override;
  std::span<const model::TensorInfo> outputs() const override;
  Result<void> run(std::span<const TensorView> inputs) override;
  TensorView output(std::size_t index) const override { return views_[index]; }
  void request_stop() override { discard(api().RunOptionsSetTerminate(run_options_.get())); }
  void allow_runs() override { discard(api().RunOptionsUnsetTerminate(run_options_.get())); }

 private:
  const OrtApi& api() const;
  // Both fail for a null argument only.
  void discard(OrtStatus* status) const { api().ReleaseStatus(status); }
  void release_values();
  std::shared_ptr<const OnnxRuntimeModel> model_;
  OrtMemoryInfo* memory_;
  Handle<OrtRunOptions> run_options_;
  std::vector<OrtValue*> input_values_;
  std::vector<OrtValue*> output_values_;
  std::vector<TensorView> views_;
};

class OnnxRuntimeModel final : public LoadedModel, public std::enable_shared_from_this<OnnxRuntimeModel> {
 public:
  OnnxRuntimeModel(Library library, Handle<OrtSession> session)
      : library_(std::move(library)), session_(std::move(session)) {}

  Result<void> read_signature();
  std::span<const model::TensorInfo> inputs() const override { return inputs_; }
  std::span<const model::TensorInfo> outputs() const override { return outputs_; }

  Result<std::unique_ptr<run::Stage>> make_stage() override {
    OrtMemoryInfo* memory = nullptr;
    auto ok =
        check(api(), api().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory), ErrorCode::kInternal);
    if (!ok) return fail(ok.error());
    Handle<OrtRunOptions> run_options(api().ReleaseRunOptions);
    ok = check(api(), api().CreateRunOptions(run_options.out()), ErrorCode::kInternal);
    if (!ok) return fail(ok.error());
    return std::make_unique<OnnxRuntimeStage>(shared_from_this(), memory, std::move(run_options));
  }

  const OrtApi& api() const { return library_->api(); }
  OrtSession* session() const { return session_.get(); }
  const char* const* input_names() const { return input_names_.data(); }
  const char* const* output_names() const { return output_names_.data(); }

 private:
  Result<model::TensorInfo> read_one(bool input, std::size_t index);

  Library library_;  // before the session, which needs it while it is released
  Handle<OrtSession> session_;
  std::vector<model::TensorInfo> inputs_;
  std::vector<model::TensorInfo> outputs_;
  std::vector<const char*> input_names_;
  std::vector<const char*> output_names_;
};

Result<model::TensorInfo> OnnxRuntimeModel::read_one(bool input, std::size_t index) {
  constexpr auto code = ErrorCode::kMalformedModel;
  OrtAllocator* allocator = nullptr;
  if (auto ok = check(api(), api().GetAllocatorWithDefaultOptions(&allocator), code); !ok) return fail(ok.error());
  char* name = nullptr;
  auto ok = check(api(),
                  input ? api().SessionGetInputName(session(), index, allocator, &name)
                        : api().SessionGetOutputName(session(), index, allocator, &name),
                  code);
  if (!ok) return fail(ok.error());
  model::TensorInfo result;
  result.name = name;
  allocator->Free(allocator, name);

  Handle<OrtTypeInfo> type(api().ReleaseTypeInfo);
  ok = check(api(),
             input ? api().SessionGetInputTypeInfo(session(), index, type.out())
                   : api().SessionGetOutputTypeInfo(session(), index, type.out()),
             code);
  if (!ok) return fail(ok.error());
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  ok = check(api(), api().CastTypeInfoToTensorInfo(type.get(), &tensor), code);
  if (!ok) return fail(ok.error());
  if (tensor == nullptr) return fail(ErrorCode::kUnsupportedType, "'" + result.name + "' is not a tensor");
  auto described = read_type(api(), tensor, code);
  if (!described) return fail(described.error());
  if (described->type == DataType::kUndefined) {
    return fail(ErrorCode::kUnsupportedType, "'" + result.name + "' has an element type that Sluice does not carry");
  }
  if (described->dims.size() > Shape::kMaxRank) {
    return fail(ErrorCode::kUnsupportedType, "'" + result.name + "' has " + std::to_string(described->dims.size()) +
                                                 " dimensions; at most " + std::to_string(Shape::kMaxRank) +
                                                 " are supported");
  }
  result.type = described->type;
  result.dims = std::move(described->dims);
  return result;
}

Result<void> OnnxRuntimeModel::read_signature() {
  std::size_t count = 0;
  if (auto ok = check(api(), api().SessionGetInputCount(session(), &count), ErrorCode::kMalformedModel); !ok) return ok;
  for (std::size_t i = 0; i < count; ++i) {
    auto info = read_one(true, i);
    if (!info) return fail(info.error());
    inputs_.push_back(std::move(*info));
  }
  if (auto ok = check(api(), api().SessionGetOutputCount(session(), &count), ErrorCode::kMalformedModel); !ok)
    return ok;
  for (std::size_t i = 0; i < count; ++i) {
    auto info = read_one(false, i);
    if (!info) return fail(info.error());
    outputs_.push_back(std::move(*info));
  }
  for (const auto& info : inputs_) input_names_.push_back(info.name.c_str());
  for (const auto& info : outputs_) output_names_.push_back(info.name.c_str());
  return {};
}

OnnxRuntimeStage::OnnxRuntimeStage(std::shared_ptr<const OnnxRuntimeModel> model, OrtMemoryInfo* memory,
                                   Handle<OrtRunOptions> run_options)
    : model_(std::move(model)),
      memory_(memory),
      run_options_(std::move(run_options)),
      input_values_(model_->inputs().size()),
      output_values_(model_->outputs().size()),
      views_(model_->outputs().size()) {}

OnnxRuntimeStage::~OnnxRuntimeStage() {
  release_values();
  model_->api().ReleaseMemoryInfo(memory_);
}

const OrtApi& OnnxRuntimeStage::api() const { return model_->api(); }

std::span<const model::TensorInfo> OnnxRuntimeStage::inputs() const { return model_->inputs(); }
std::span<const model::TensorInfo> OnnxRuntimeStage::outputs() const { return model_->outputs(); }

void OnnxRuntimeStage::release_values() {
  const auto& api = model_->api();
  for (auto* values : {&input_values_, &output_values_}) {
    for (auto*& value : *values) {
      if (value != nullptr) api.ReleaseValue(std::exchange(value, nullptr));
    }
  }
}

Result<void> OnnxRuntimeStage::run(std::span<const TensorView> inputs) {
  if (auto ok = check_inputs(model_->inputs(), inputs); !ok) return ok;
  const auto& api = model_->api();
  release_values();
  constexpr auto code = ErrorCode::kExecutionFailed;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& input = inputs[i];
    // The C API takes writable bytes but only reads those of inputs.
    auto* bytes = const_cast<std::byte*>(input.bytes.data());
    auto ok = check(api,
                    api.CreateTensorWithDataAsOrtValue(
                        memory_, bytes, input.bytes.size(), input.shape.dims().data(), input.shape.rank(),
                        static_cast<ONNXTensorElementDataType>(input.type), &input_values_[i]),
                    code);
    if (!ok) return ok;
  }
  auto ok = check(api,
                  api.Run(model_->session(), run_options_.get(), model_->input_names(), input_values_.data(),
                          inputs.size(), model_->output_names(), output_values_.size(), output_values_.data()),
                  code);
  if (!ok) return ok;
  for (std::size_t i = 0; i < output_values_.size(); ++i) {
    Handle<OrtTensorTypeAndShapeInfo> info(api.ReleaseTensorTypeAndShapeInfo);
    if (ok = check(api, api.GetTensorTypeAndShape(output_values_[i], info.out()), code); !ok) return ok;
    auto described = read_type(api, info.get(), code);
    if (!described) return fail(described.error());
    const auto shape = Shape::make(described->dims);
    if (!shape) return fail(code, "output '" + model_->outputs()[i].name + "' has too many dimensions");
    const auto size = dense_size(described->type, *shape, Tensor::kDefaultLimitBytes);
    if (!size) return fail(size.error());
    void* bytes = nullptr;
    if (ok = check(api, api.GetTensorMutableData(output_values_[i], &bytes), code); !ok) return ok;
    views_[i] = TensorView{described->type, *shape, {static_cast<const std::byte*>(bytes), *size}};
  }
  return {};
}

class OnnxRuntimeEngine final : public Engine {
 public:
  OnnxRuntimeEngine(Library library, const OnnxRuntimeOptions& options)
      : library_(std::move(library)), options_(options) {}

  std::string_view name() const override { return "onnxruntime"; }
  std::string_view version() const override { return library_->version(); }

  bool borrows_models() const override { return false; }

  Result<std::shared_ptr<LoadedModel>> load(Bytes onnx) override {
    const auto& api = library_->api();
    constexpr auto code = ErrorCode::kInternal;
    Handle<OrtSessionOptions> options(api.ReleaseSessionOptions);
    if (auto ok = check(api, api.CreateSessionOptions(options.out()), code); !ok) return fail(ok.error());
    for (auto* status : {api.SetIntraOpNumThreads(options.get(), options_.intra_op_threads),
                         api.SetInterOpNumThreads(options.get(), 1),
                         api.AddSessionConfigEntry(options.get(), "session.intra_op.allow_spinning", "0"),
                         api.AddSessionConfigEntry(options.get(), "session.inter_op.allow_spinning", "0")}) {
      if (auto ok = check(api, status, code); !ok) return fail(ok.error());
    }
    Handle<OrtSession> session(api.ReleaseSession);
    auto ok = check(
        api,
        api.CreateSessionFromArray(library_->environment(), onnx.data(), onnx.size(), options.get(), session.out()),
        ErrorCode::kMalformedModel);
    if (!ok) return fail(ok.error());
    auto model = std::make_shared<OnnxRuntimeModel>(library_, std::move(session));
    if (ok = model->read_signature(); !ok) return fail(ok.error());
    return model;
  }

 private:
  Library library_;
  OnnxRuntimeOptions options_;
};

}  // namespace

Result<std::unique_ptr<Engine>> make_onnxruntime_engine(std::span<const std::string> library_paths,
                                                        const OnnxRuntimeOptions& options) {
  auto library = OnnxRuntimeLibrary::open(library_paths);
  if (!library) return fail(library.error());
  return std::make_unique<OnnxRuntimeEngine>(std::move(*library), options);
}

}  // namespace sluice::server
