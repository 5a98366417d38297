// Executes an optimised graph: one kernel a node, buffers planned ahead. Where all shapes follow from the inputs' shapes,
// activations share one arena by lifetime; where an operator's output shape depends on values, every value keeps a buffer
// of its own and nodes are reshaped as they come. After the first run with given shapes nothing is allocated.
// Owns the graph, the kernels and all buffers; one thread at a time. Failures name the node.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/kernel.hpp"
#include "core/model/limits.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::model {

struct RunnerOptions {
  OperatorSet operators;
  ModelLimits limits;
  pthreadpool* threads = nullptr;
};

struct RunnerStats {
  std::size_t weight_bytes = 0;
  std::size_t activation_bytes = 0;
  std::uint64_t multiply_adds = 0;
};

class Runner {
 public:
  // Makes the kernels and, where the inputs' shapes are fixed, the plan. Constants that kernels keep reading are copied out
  // of `file`, the bytes that the graph was read from; these may go afterwards.
  static Result<Runner> create(Graph graph, Bytes file, const RunnerOptions& options);
  Runner(Runner&&) noexcept;
  Runner& operator=(Runner&&) noexcept;
  ~Runner();

  // Inputs in the graph's order, of the graph's types and fitting its declared dimensions (the caller has checked).
  Result<void> run(std::span<const TensorView> inputs);
  TensorView output(std::size_t index) const;

  const RunnerStats& stats() const;

 private:
  class Impl;
  explicit Runner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::model
