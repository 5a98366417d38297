// What runs a model on the server. An Engine loads ONNX bytes into a LoadedModel; each worker thread makes its own run::Stage
// from it and owns that. Engine and LoadedModel may be used from any thread, a stage from one at a time. Nothing here throws.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/run/stage.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::server {

class LoadedModel {
 public:
  virtual ~LoadedModel() = default;
  virtual std::span<const model::TensorInfo> inputs() const = 0;
  virtual std::span<const model::TensorInfo> outputs() const = 0;
  // Its run() refuses inputs that do not fit, as check_inputs() does. The model must outlive it.
  virtual Result<std::unique_ptr<run::Stage>> make_stage() = 0;
  // What it takes of memory, where the engine counts that; 0: it does not.
  virtual std::size_t memory_bytes() const { return 0; }
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;  // "onnxruntime"
  virtual std::string_view version() const = 0;

  // Whether what load() gives needs the bytes that it was loaded of, and each of its stages makes its own weights of them.
  virtual bool borrows_models() const { return true; }

  // The model may borrow `onnx`, which must outlive it. kMalformedModel, kUnsupportedOperator, ...
  virtual Result<std::shared_ptr<LoadedModel>> load(Bytes onnx) = 0;
};

// Whether `inputs` fit the model's inputs: number, element type, and every dimension that the model fixes.
Result<void> check_inputs(std::span<const model::TensorInfo> expected, std::span<const TensorView> inputs);

// "float32 [1, 3, ?, ?]"
std::string describe(const model::TensorInfo& info);

}  // namespace sluice::server
