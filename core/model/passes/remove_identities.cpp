#include "core/model/passes/remove_identities.hpp"

#include <algorithm>
#include <utility>

#include "core/model/passes/graph_edit.hpp"

namespace sluice::model::passes {
namespace {

bool is_ascending(const std::vector<std::int64_t>& perm) {
  for (std::size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] != static_cast<std::int64_t>(i)) return false;
  }
  return !perm.empty();
}

bool keeps_shape(const Graph& graph, const Node& node) {
  const auto& before = graph.values[node.inputs[0]].shape;
  const auto& after = graph.values[node.outputs[0]].shape;
  return before && after && *before == *after;
}

// A Slice of the whole tensor, forwards.
bool slices_nothing(const Graph& graph, const Node& node) {
  if (!keeps_shape(graph, node)) return false;
  const ValueId steps = input_or_none(node, 4);
  if (steps == kNoValue) return true;
  const auto positive = [](auto elements) {
    return elements && std::ranges::all_of(*elements, [](auto step) { return step > 0; });
  };
  return positive(constant_elements<std::int64_t>(graph, steps)) ||
         positive(constant_elements<std::int32_t>(graph, steps));
}

bool is_identity(const Graph& graph, const Node& node) {
  if (node.domain != kOnnxDomain || node.inputs.empty() || node.inputs[0] == kNoValue) return false;
  if (node.outputs.empty() || node.outputs[0] == kNoValue) return false;
  if (node.op_type == "Identity") return true;
  if (node.op_type == "Transpose") return is_ascending(node.ints_or("perm", {}));
  if (node.op_type == "Concat") return node.inputs.size() == 1;
  if (node.op_type == "Reshape" || node.op_type == "Expand") return keeps_shape(graph, node);
  if (node.op_type == "Slice") return slices_nothing(graph, node);
  if (node.op_type == "Cast") {
    const auto type = static_cast<std::int64_t>(graph.values[node.inputs[0]].type);
    return type != 0 && node.int_or("to", 0) == type;
  }
  if (node.op_type == "Pad") {
    auto pads = node.ints_or("pads", {});
    if (const auto elements = constant_elements<std::int64_t>(graph, input_or_none(node, 1))) {
      pads.assign(elements->begin(), elements->end());
    }
    return !pads.empty() && std::ranges::all_of(pads, [](std::int64_t pad) { return pad == 0; });
  }
  return false;
}

// Dropout at inference: the mask output, if any, must be unread, and training must be off for sure.
bool is_inactive_dropout(const Graph& graph, const Node& node, const Uses& uses) {
  if (!is_onnx(node, "Dropout") || node.inputs.empty() || node.inputs[0] == kNoValue) return false;
  if (node.outputs.size() > 1 && node.outputs[1] != kNoValue) {
    if (uses.is_graph_output(node.outputs[1]) || !uses.readers(node.outputs[1]).empty()) return false;
  }
  const ValueId training = input_or_none(node, 2);
  return training == kNoValue || constant_scalar<bool>(graph, training) == false;
}

// Transpose(Transpose(x, p), q) is Transpose(x, r) with r[i] = p[q[i]].
void merge_transposes(Graph& graph) {
  const Uses uses(graph);
  for (Node& node : graph.nodes) {
    if (!is_onnx(node, "Transpose")) continue;
    const auto maker = uses.maker(node.inputs[0]);
    if (!maker || !is_onnx(graph.nodes[*maker], "Transpose")) continue;
    const auto first = graph.nodes[*maker].ints_or("perm", {});
    auto second = node.ints_or("perm", {});
    if (first.empty() || first.size() != second.size()) continue;
    const auto in_range = [&](std::int64_t axis) {
      return axis >= 0 && axis < static_cast<std::int64_t>(first.size());
    };
    if (!std::ranges::all_of(second, in_range)) continue;
    for (std::int64_t& axis : second) axis = first[static_cast<std::size_t>(axis)];
    node.inputs[0] = graph.nodes[*maker].inputs[0];
    node.set("perm", std::move(second));
  }
}

}  // namespace

void remove_identities(Graph& graph) {
  merge_transposes(graph);
  const Uses uses(graph);
  std::vector<ValueId> renamed = no_renames(graph);
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    const Node& node = graph.nodes[index];
    if (!is_identity(graph, node) && !is_inactive_dropout(graph, node, uses)) continue;
    renamed[node.outputs[0]] = node.inputs[0];
    dead[index] = true;
  }
  erase_nodes(graph, dead);
  rename_values(graph, renamed);
}

}  // namespace sluice::model::passes
