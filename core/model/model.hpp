// A model that runs: ONNX bytes in, tensors through. Reads the ONNX (protozero, weights stay views into the bytes), applies
// the passes (constant folding, batch-norm folding, activation fusing, channels-last layout) and executes node by node on
// XNNPACK and our own kernels. After the first run with given shapes, run() neither allocates nor copies weights.
// Owns everything it runs on; the ONNX bytes are needed only while loading.
// One thread at a time may call a Model; several Models may share one thread pool only if calls are serialised.
// Source of the operator semantics: the ONNX operator specification, opsets kMinOpset..kMaxOpset.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/kernel.hpp"
#include "core/model/limits.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::model {

struct LoadOptions {
  OperatorSet operators = {};  // empty: refused; name all_operators() or gate_operators()
  ModelLimits limits;
  pthreadpool* threads = nullptr;  // borrowed; nullptr: one thread
  bool optimize = true;            // false: run the graph as written (conformance of single nodes)
};

struct TensorInfo {
  std::string name;
  DataType type = DataType::kUndefined;
  std::vector<std::int64_t> dims;  // -1 where the model leaves a dimension open
};

// What one load or run cost; counters for `inspect` and the benches.
struct ModelStats {
  std::size_t nodes_read = 0;
  std::size_t nodes_run = 0;  // after the passes
  std::size_t weight_bytes = 0;
  std::size_t activation_bytes = 0;  // arena, after the first run
  std::uint64_t multiply_adds = 0;   // of one run; convolutions and matrix products
};

class Model {
 public:
  static Result<Model> load(Bytes onnx, const LoadOptions& options);
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  std::span<const TensorInfo> inputs() const;
  std::span<const TensorInfo> outputs() const;

  // Runs on `inputs`, in the order of inputs(). The views returned by output() stay valid until the next run.
  // kShapeMismatch / kTypeMismatch name the input, what came and what is expected.
  Result<void> run(std::span<const TensorView> inputs);
  TensorView output(std::size_t index) const;

  const ModelStats& stats() const;

 private:
  struct Impl;
  explicit Model(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::model
