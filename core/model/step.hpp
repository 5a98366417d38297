// One node, ready to run: its kernel and the views it is called with. Made by make_steps() from a graph; used by the runner.
// Failures name the node.
#pragma once

#include <memory>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/kernel.hpp"
#include "core/model/limits.hpp"

namespace sluice::model {

struct Step {
  std::size_t node = 0;
  std::unique_ptr<Kernel> kernel;
  bool packed_constants = false;
  bool shape_depends_on_values = false;  // of an input that is no constant
  std::vector<TensorView> inputs;
  std::vector<OutputSpec> specs;
  std::vector<MutableTensorView> outputs;

  // Asks the kernel for the outputs' types and shapes (into `specs`) and checks them against the limit.
  Result<void> reshape(const Graph& graph, std::size_t max_tensor_bytes);
  Result<void> run(const Graph& graph);
};

struct PreparedGraph {
  std::unique_ptr<Graph> graph;  // kernels refer to it, so it keeps its address
  std::vector<Step> steps;
  std::size_t weight_bytes = 0;
};

// Makes a kernel for every node from the first row of the operator set that takes it. Afterwards the graph's constants
// are owned by it, and those that all their readers have packed are gone (their values keep type and shape).
Result<PreparedGraph> prepare_steps(Graph graph, Bytes file, OperatorSet operators, const ModelLimits& limits,
                                    pthreadpool* threads);

}  // namespace sluice::model
