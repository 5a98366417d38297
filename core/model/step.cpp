#include "core/model/step.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "core/base/checked.hpp"
#include "core/model/operator_lookup.hpp"

namespace sluice::model {
namespace {

Error at_node(const Graph& graph, const Node& node, const Error& error) {
  return {error.code, join_text({node_label(graph, node), ": ", error.message})};
}

bool lies_in(Bytes part, Bytes whole) {
  const std::less<const std::byte*> before;
  return !whole.empty() && !before(part.data(), whole.data()) && before(part.data(), whole.data() + whole.size());
}

class Preparer {
 public:
  Preparer(Graph graph, Bytes file, OperatorSet operators, const ModelLimits& limits, pthreadpool* threads)
      : file_(file), operators_(operators), limits_(limits), threads_(threads) {
    prepared_.graph = std::make_unique<Graph>(std::move(graph));
  }

  Result<PreparedGraph> prepare() {
    Graph& graph = *prepared_.graph;
    for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
      auto step = make_step(index);
      if (!step) return fail(step.error());
      prepared_.steps.push_back(std::move(*step));
    }
    for (const ValueId output : graph.outputs) {
      if (!graph.is_constant(output)) continue;
      if (auto owned = own(output); !owned) return fail(owned.error());
    }
    drop_unread_constants();
    for (Step& step : prepared_.steps) fill_inputs(step);
    return std::move(prepared_);
  }

 private:
  Result<Step> make_step(std::size_t index) {
    Graph& graph = *prepared_.graph;
    const Node& node = graph.nodes[index];
    const KernelContext context{graph, threads_, limits_.max_tensor_bytes};
    std::string reason;
    for (const OperatorEntry* row : find_operators(operators_, node, graph.opset)) {
      auto charged = row->packs_constants ? charge_packing(node) : own_constants(node);
      if (!charged) return fail(at_node(graph, node, charged.error()));
      auto kernel = row->make(node, context);
      if (kernel) {
        Step step;
        step.node = index;
        step.kernel = std::move(*kernel);
        step.packed_constants = row->packs_constants;
        return step;
      }
      const ErrorCode code = kernel.error().code;
      if (code != ErrorCode::kUnsupportedOperator && code != ErrorCode::kUnsupportedType) {
        return fail(at_node(graph, node, kernel.error()));
      }
      reason = kernel.error().message;
    }
    return fail(unsupported_operator(operators_, graph, node, reason));
  }

  // A packing kernel holds its own copy of each constant, even of one that other nodes read too.
  Result<void> charge_packing(const Node& node) {
    for (const ValueId input : node.inputs) {
      if (!prepared_.graph->is_constant(input)) continue;
      if (auto charged = charge(prepared_.graph->values[input].constant->bytes.size()); !charged) return charged;
    }
    return {};
  }

  Result<void> own_constants(const Node& node) {
    for (const ValueId input : node.inputs) {
      if (!prepared_.graph->is_constant(input)) continue;
      if (auto owned = own(input); !owned) return owned;
    }
    return {};
  }

  Result<void> own(ValueId id) {
    const TensorView view = *prepared_.graph->values[id].constant;
    if (!lies_in(view.bytes, file_)) return {};
    auto copy = Tensor::copy_of(view, limits_.max_tensor_bytes);
    if (!copy) return fail(copy.error());
    prepared_.graph->set_constant(id, std::move(*copy));
    return charge(view.bytes.size());
  }

  Result<void> charge(std::size_t bytes) {
    const auto sum = checked_add(prepared_.weight_bytes, bytes);
    if (!sum || *sum > limits_.max_total_bytes) {
      return fail(ErrorCode::kOutOfMemory, {"the weights exceed max_total_bytes = ", limits_.max_total_bytes});
    }
    prepared_.weight_bytes = *sum;
    return {};
  }

  void drop_unread_constants() {
    Graph& graph = *prepared_.graph;
    std::vector<bool> read(graph.values.size(), false);
    for (const ValueId output : graph.outputs) read[output] = true;
    for (const Step& step : prepared_.steps) {
      if (step.packed_constants) continue;
      for (const ValueId input : graph.nodes[step.node].inputs) {
        if (input != kNoValue) read[input] = true;
      }
    }
    std::vector<const std::byte*> kept_bytes;
    for (ValueId id = 0; id < graph.values.size(); ++id) {
      if (!graph.is_constant(id)) continue;
      if (read[id]) {
        kept_bytes.push_back(graph.values[id].constant->bytes.data());
      } else {
        graph.values[id].constant->bytes = {};
      }
    }
    // Tensors of attributes are owned here as well, and no value refers to them.
    for (const Node& node : graph.nodes) {
      for (const Attribute& attribute : node.attributes) {
        if (const auto* tensor = std::get_if<TensorView>(&attribute.value)) kept_bytes.push_back(tensor->bytes.data());
      }
    }
    std::ranges::make_heap(kept_bytes);
    std::ranges::sort_heap(kept_bytes);
    std::deque<Tensor> kept;
    for (Tensor& tensor : graph.owned_constants) {
      if (std::ranges::binary_search(kept_bytes, tensor.view().bytes.data())) kept.push_back(std::move(tensor));
    }
    graph.owned_constants = std::move(kept);
  }

  void fill_inputs(Step& step) const {
    const Graph& graph = *prepared_.graph;
    const Node& node = graph.nodes[step.node];
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      const ValueId input = node.inputs[slot];
      const bool constant = graph.is_constant(input);
      step.inputs.push_back(constant ? *graph.values[input].constant : TensorView{});
      if (input != kNoValue && !constant && step.kernel->shape_depends_on_value_of(slot)) {
        step.shape_depends_on_values = true;
      }
    }
    step.specs.resize(node.outputs.size());
    step.outputs.resize(node.outputs.size());
  }

  Bytes file_;
  OperatorSet operators_;
  const ModelLimits& limits_;
  pthreadpool* threads_;
  PreparedGraph prepared_;
};

}  // namespace

Result<void> Step::reshape(const Graph& graph, std::size_t max_tensor_bytes) {
  const Node& source = graph.nodes[node];
  for (OutputSpec& spec : specs) spec = {};
  if (auto reshaped = kernel->reshape(inputs, specs); !reshaped) return fail(at_node(graph, source, reshaped.error()));
  for (std::size_t slot = 0; slot < specs.size(); ++slot) {
    if (source.outputs[slot] == kNoValue) continue;
    if (specs[slot].type == DataType::kUndefined) {
      return fail(ErrorCode::kUnsupportedOperator,
                  {node_label(graph, source), ": output ", slot, " is not made by this operator"});
    }
    if (auto size = dense_size(specs[slot].type, specs[slot].shape, max_tensor_bytes); !size) {
      return fail(at_node(graph, source, size.error()));
    }
  }
  return {};
}

Result<void> Step::run(const Graph& graph) {
  if (auto done = kernel->run(inputs, outputs); !done) return fail(at_node(graph, graph.nodes[node], done.error()));
  return {};
}

Result<PreparedGraph> prepare_steps(Graph graph, Bytes file, OperatorSet operators, const ModelLimits& limits,
                                    pthreadpool* threads) {
  return Preparer(std::move(graph), file, operators, limits, threads).prepare();
}

}  // namespace sluice::model
