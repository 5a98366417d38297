#include "tests/core/model/ops/node_driver.hpp"

#include "core/model/ops/onnx_operators.hpp"

namespace sluice::model::ops::test {
namespace {

Result<std::unique_ptr<Kernel>> make_kernel(const NodeRun& run, const Node& node, const Graph& graph) {
  Result<std::unique_ptr<Kernel>> made = fail(ErrorCode::kUnsupportedOperator, "no row lists it");
  for (const OperatorEntry& row : onnx_operators()) {
    if (row.op_type != run.op_type || run.opset < row.since_opset || run.opset > row.until_opset) continue;
    made = row.make(node, {graph, nullptr, run.memory_limit_bytes});
    if (made) break;
  }
  return made;
}

}  // namespace

Result<std::vector<Operand>> run_node(const NodeRun& run) {
  Graph graph;
  graph.opset = run.opset;
  Node node;
  node.name = "node";
  node.op_type = run.op_type;
  node.attributes = run.attributes;
  for (const Operand& input : run.inputs) {
    node.inputs.push_back(input.type == DataType::kUndefined ? kNoValue : graph.add_value("input"));
  }
  for (std::size_t i = 0; i < run.outputs; ++i) node.outputs.push_back(graph.add_value("output"));
  auto kernel = make_kernel(run, node, graph);
  if (!kernel) return fail(kernel.error());

  std::vector<TensorView> planned;
  std::vector<TensorView> views;
  for (std::size_t i = 0; i < run.inputs.size(); ++i) {
    const Operand& input = run.inputs[i];
    views.push_back({input.type, input.shape, input.bytes});
    planned.push_back(views.back());
    if (!(*kernel)->shape_depends_on_value_of(i)) planned.back().bytes = {};
  }
  std::vector<OutputSpec> specs(run.outputs);
  if (auto reshaped = (*kernel)->reshape(planned, specs); !reshaped) return fail(reshaped.error());
  std::vector<Operand> outputs;
  std::vector<MutableTensorView> output_views;
  for (const OutputSpec& spec : specs) {
    const auto size = dense_size(spec.type, spec.shape, run.memory_limit_bytes);
    if (!size) return fail(size.error());
    outputs.push_back({spec.type, spec.shape, std::vector<std::byte>(*size, std::byte{0xcd})});
  }
  for (Operand& output : outputs) output_views.push_back({output.type, output.shape, output.bytes});
  // What the runner does with a kernel that only passes its input through must be the same as running it.
  if (auto done = (*kernel)->run(views, output_views); !done) return fail(done.error());
  if ((*kernel)->passes_through() && outputs[0].bytes != run.inputs[0].bytes) {
    return fail(ErrorCode::kInternal, "it claims to pass its input through and changes it");
  }
  return outputs;
}

}  // namespace sluice::model::ops::test
