#include "core/model/passes/constant_source.hpp"

#include <algorithm>

namespace sluice::model::passes {

std::optional<Shape> future_constant_shape(const Graph& graph, const Uses& uses, ValueId id) {
  if (id == kNoValue) return std::nullopt;
  if (graph.is_constant(id)) {
    if (graph.values[id].type != DataType::kFloat32) return std::nullopt;
    return graph.values[id].constant->shape;
  }
  const auto maker = uses.maker(id);
  if (!maker || !is_onnx(graph.nodes[*maker], "DequantizeLinear")) return std::nullopt;
  const Node& dequantize = graph.nodes[*maker];
  const auto known = [&](ValueId input) { return input == kNoValue || graph.is_constant(input); };
  if (!std::ranges::all_of(dequantize.inputs, known)) return std::nullopt;
  return graph.values[dequantize.inputs[0]].shape;
}

}  // namespace sluice::model::passes
