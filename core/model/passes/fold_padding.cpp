#include "core/model/passes/fold_padding.hpp"

#include <array>
#include <optional>

#include "core/model/passes/graph_edit.hpp"

namespace sluice::model::passes {
namespace {

constexpr std::int64_t kMaxPad = 1 << 16;

// Top, left, bottom, right; nullopt when the node pads otherwise than an image with zeros.
std::optional<std::array<std::int64_t, 4>> image_padding(const Graph& graph, const Node& node) {
  if (!is_onnx(node, "Pad") || node.string_or("mode", "constant") != "constant") return std::nullopt;
  std::vector<std::int64_t> pads = node.ints_or("pads", {});
  if (node.inputs.size() > 1) {
    const auto elements = constant_elements<std::int64_t>(graph, node.inputs[1]);
    if (!elements) return std::nullopt;
    pads.assign(elements->begin(), elements->end());
    const ValueId fill = input_or_none(node, 2);
    if (fill != kNoValue && constant_scalar<float>(graph, fill) != 0.0F) return std::nullopt;
    if (input_or_none(node, 3) != kNoValue) return std::nullopt;
  } else if (node.float_or("value", 0.0F) != 0.0F) {
    return std::nullopt;
  }
  if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0) return std::nullopt;
  const std::array<std::int64_t, 4> padding{pads[2], pads[3], pads[6], pads[7]};
  for (const std::int64_t pad : padding) {
    if (pad < 0 || pad > kMaxPad) return std::nullopt;
  }
  return padding;
}

bool add_padding(Node& conv, const std::array<std::int64_t, 4>& padding) {
  if (!is_onnx(conv, "Conv")) return false;
  const auto mode = conv.string_or("auto_pad", "NOTSET");
  if (mode != "NOTSET" && mode != "VALID") return false;
  auto pads = mode == "VALID" ? std::vector<std::int64_t>(4, 0) : conv.ints_or("pads", {0, 0, 0, 0});
  if (pads.size() != 4) return false;
  for (std::size_t side = 0; side < 4; ++side) {
    if (pads[side] < 0 || pads[side] > kMaxPad) return false;
    pads[side] += padding[side];
  }
  conv.set("auto_pad", std::string("NOTSET"));
  conv.set("pads", std::move(pads));
  return true;
}

}  // namespace

void fold_padding(Graph& graph) {
  const Uses uses(graph);
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    const auto padding = image_padding(graph, graph.nodes[index]);
    if (!padding) continue;
    const ValueId output = graph.nodes[index].outputs[0];
    const auto reader = uses.only_reader(output);
    if (!reader || graph.nodes[*reader].inputs[0] != output || !add_padding(graph.nodes[*reader], *padding)) continue;
    graph.nodes[*reader].inputs[0] = graph.nodes[index].inputs[0];
    dead[index] = true;
  }
  erase_nodes(graph, dead);
}

}  // namespace sluice::model::passes
