// What runs a model on the server. An Engine loads ONNX bytes into a LoadedModel; each worker thread makes its own Runner
// from it and owns that. Engine and LoadedModel may be used from any thread, a Runner from one at a time.
// Runners report kShapeMismatch, kTypeMismatch and kExecutionFailed; nothing here throws.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/model.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::server {

class Runner {
 public:
  virtual ~Runner() = default;

  // `inputs` in the order of LoadedModel::inputs(), checked against it. Their bytes must be aligned to their elements.
  virtual Result<void> run(std::span<const TensorView> inputs) = 0;

  // The output at `index` of LoadedModel::outputs(); valid until the next run.
  virtual TensorView output(std::size_t index) const = 0;
};

class LoadedModel {
 public:
  virtual ~LoadedModel() = default;
  virtual std::span<const model::TensorInfo> inputs() const = 0;
  virtual std::span<const model::TensorInfo> outputs() const = 0;
  virtual Result<std::unique_ptr<Runner>> make_runner() = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;  // "onnxruntime"
  virtual std::string_view version() const = 0;

  // The model may borrow `onnx`, which must outlive it. kMalformedModel, kUnsupportedOperator, ...
  virtual Result<std::shared_ptr<LoadedModel>> load(Bytes onnx) = 0;
};

// Whether `inputs` fit the model's inputs: number, element type, and every dimension that the model fixes.
Result<void> check_inputs(std::span<const model::TensorInfo> expected, std::span<const TensorView> inputs);

// "float32 [1, 3, ?, ?]"
std::string describe(const model::TensorInfo& info);

}  // namespace sluice::server
