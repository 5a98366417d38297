#include "core/model/passes/fuse_activations.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/model/passes/graph_edit.hpp"

namespace sluice::model::passes {
namespace {

constexpr std::array<std::string_view, 5> kTakesBounds = {"Conv", "ConvTranspose", "FullyConnected", "MaxPool",
                                                          "AveragePool"};
constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool takes_bounds(const Node& node) {
  return node.domain == kNhwcDomain && std::ranges::find(kTakesBounds, node.op_type) != kTakesBounds.end();
}

std::optional<float> bound(const Graph& graph, const Node& node, std::size_t slot, std::string_view attribute,
                           float open) {
  const ValueId id = input_or_none(node, slot);
  if (id != kNoValue) return constant_scalar<float>(graph, id);
  return node.float_or(attribute, open);
}

}  // namespace

std::optional<Bounds> clip_bounds(const Graph& graph, const Node& node) {
  if (is_onnx(node, "Relu")) return Bounds{0.0F, kInfinity};
  if (!is_onnx(node, "Clip")) return std::nullopt;
  const auto lower = bound(graph, node, 1, "min", -kInfinity);
  const auto upper = bound(graph, node, 2, "max", kInfinity);
  if (!lower || !upper || std::isnan(*lower) || std::isnan(*upper) || *lower >= *upper) return std::nullopt;
  return Bounds{*lower, *upper};
}

Bounds fused_bounds(const Node& node) {
  return {node.float_or("activation_min", -kInfinity), node.float_or("activation_max", kInfinity)};
}

void fuse_activations(Graph& graph) {
  const Uses uses(graph);
  std::vector<bool> dead(graph.nodes.size(), false);
  // The node that now makes each value, as chains of activations collapse.
  std::vector<std::size_t> moved(graph.nodes.size());
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    moved[index] = index;
    const auto bounds = clip_bounds(graph, graph.nodes[index]);
    if (!bounds) continue;
    const ValueId input = graph.nodes[index].inputs[0];
    const auto maker = uses.maker(input);
    if (!maker || !uses.only_reader(input)) continue;
    Node& target = graph.nodes[moved[*maker]];
    if (!takes_bounds(target)) continue;
    const Bounds fused = fused_bounds(target);
    const float lower = std::max(fused.lower, bounds->lower);
    const float upper = std::min(fused.upper, bounds->upper);
    if (lower >= upper) continue;
    target.set("activation_min", lower);
    target.set("activation_max", upper);
    target.outputs[0] = graph.nodes[index].outputs[0];
    moved[index] = moved[*maker];
    dead[index] = true;
  }
  erase_nodes(graph, dead);
}

}  // namespace sluice::model::passes
