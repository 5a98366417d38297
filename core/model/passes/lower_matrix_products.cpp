#include "core/model/passes/lower_matrix_products.hpp"

#include "core/model/operator_lookup.hpp"
#include "core/model/passes/constant_source.hpp"
#include "core/model/passes/graph_edit.hpp"

namespace sluice::model::passes {
namespace {

class Lowering {
 public:
  explicit Lowering(Graph& graph) : graph_(graph), uses_(graph), dead_(graph.nodes.size(), false) {}

  void run() {
    for (std::size_t index = 0; index < graph_.nodes.size(); ++index) {
      if (is_onnx(graph_.nodes[index], "Gemm")) lower_gemm(graph_.nodes[index]);
      if (is_onnx(graph_.nodes[index], "MatMul")) lower_matmul(index);
    }
    erase_nodes(graph_, dead_);
  }

 private:
  // A bias of one element for each of `outputs` columns.
  bool is_bias(ValueId id, std::int64_t outputs) const {
    const auto shape = future_constant_shape(graph_, uses_, id);
    if (!shape || shape->rank() == 0 || (*shape)[shape->rank() - 1] != outputs) return false;
    return shape->element_count() == static_cast<std::size_t>(outputs);
  }

  bool is_float(ValueId id) const { return id != kNoValue && graph_.values[id].type == DataType::kFloat32; }

  static void rename(Node& node, bool transposed) {
    node.op_type = "FullyConnected";
    node.domain = kNhwcDomain;
    node.attributes.clear();
    node.set("transB", std::int64_t{transposed});
  }

  void lower_gemm(Node& node) {
    const auto weights = future_constant_shape(graph_, uses_, input_or_none(node, 1));
    if (!weights || weights->rank() != 2 || !is_float(node.inputs[0]) || graph_.is_constant(node.inputs[0])) return;
    if (node.int_or("transA", 0) != 0 || node.float_or("alpha", 1.0F) != 1.0F) return;
    const bool transposed = node.int_or("transB", 0) != 0;
    const ValueId bias = input_or_none(node, 2);
    if (bias != kNoValue) {
      if (node.float_or("beta", 1.0F) != 1.0F || !is_bias(bias, (*weights)[transposed ? 0 : 1])) return;
    }
    rename(node, transposed);
  }

  void lower_matmul(std::size_t index) {
    Node& node = graph_.nodes[index];
    const auto weights = future_constant_shape(graph_, uses_, input_or_none(node, 1));
    if (!weights || weights->rank() != 2 || !is_float(node.inputs[0]) || graph_.is_constant(node.inputs[0])) return;
    const auto& shape = graph_.values[node.inputs[0]].shape;
    if (!shape || shape->rank() < 2) return;
    rename(node, false);
    const auto reader = uses_.only_reader(node.outputs[0]);
    if (!reader || !is_onnx(graph_.nodes[*reader], "Add") || graph_.nodes[*reader].inputs.size() != 2) return;
    Node& add = graph_.nodes[*reader];
    const ValueId bias = add.inputs[0] == node.outputs[0] ? add.inputs[1] : add.inputs[0];
    // A bias of more dimensions than the product would add dimensions.
    if (!is_bias(bias, (*weights)[1]) || future_constant_shape(graph_, uses_, bias)->rank() > shape->rank()) return;
    // A dequantised bias must be made before this node; only plain constants surely are.
    if (!graph_.is_constant(bias)) return;
    node.inputs.resize(3, kNoValue);
    node.inputs[2] = bias;
    node.outputs[0] = add.outputs[0];
    dead_[*reader] = true;
  }

  Graph& graph_;
  Uses uses_;
  std::vector<bool> dead_;
};

}  // namespace

void lower_matrix_products(Graph& graph, const PassContext& context) {
  if (!has_operator(context.operators, kNhwcDomain, "FullyConnected", graph.opset)) return;
  Lowering(graph).run();
}

}  // namespace sluice::model::passes
