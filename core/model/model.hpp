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
  // What an input's first dimension becomes where the model leaves it open: shapes behind it are then known before the model runs, as
  // cuts need. 0: it stays open.
  std::int64_t batch = 0;
};

// The part of a model between tensors, by their names in the ONNX file: `from` become its inputs and `to` its outputs, in that
// order. For split inference, where one half runs here and the other elsewhere, and for early exits.
struct Cut {
  std::vector<std::string> from;
  std::vector<std::string> to;
  // LoadOptions::batch serves to find the shapes of `from` alone: their first dimensions stay open. Not for models whose nodes hold a
  // number of samples.
  bool open_batch = false;
};

struct Graph;

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
  // Only the nodes between the tensors of the cut; what leads to `from` is neither read nor kept. Halves that run one after the
  // other give, bit for bit, what the whole gives where no pass rewrites across the cut (behind an activation, say; anywhere with
  // `optimize` off), and elsewhere the same but for rounding.
  // kNotFound names a tensor that the model does not have; kInvalidArgument one that is named twice or is a weight, a cut with
  // nothing in it, a tensor of `from` on which no output depends, or a model's input that the cut needs beside `from`;
  // kInvalidGraph a tensor of `from` whose type or shape is open until the model runs.
  static Result<Model> load(Bytes onnx, const Cut& cut, const LoadOptions& options);
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
  // `apply` is a parameter so that builds which load no cuts do not link what makes them.
  static Result<Model> load(Bytes onnx, const LoadOptions& options, const Cut* cut,
                            Result<void> (*apply)(Graph& graph, const Cut& cut));
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::model
