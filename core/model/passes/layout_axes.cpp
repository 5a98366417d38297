#include "core/model/passes/layout_axes.hpp"

#include <algorithm>
#include <array>

#include "core/model/passes/graph_edit.hpp"
#include "core/model/passes/layout_state.hpp"

namespace sluice::model::passes {
namespace {

using Axes = std::vector<std::int64_t>;

constexpr std::array<std::string_view, 8> kReductions = {"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin",
                                                         "ReduceProd", "ReduceL2",  "ReduceL1",  "ReduceSumSquare"};

std::optional<Axes> remap(const Axes& axes) {
  Axes result;
  for (const std::int64_t axis : axes) {
    const auto mapped = nhwc_axis(axis);
    if (!mapped) return std::nullopt;
    result.push_back(*mapped);
  }
  return result;
}

std::optional<Axes> constant_axes(const Graph& graph, ValueId id) {
  if (const auto wide = constant_elements<std::int64_t>(graph, id)) return Axes(wide->begin(), wide->end());
  if (const auto narrow = constant_elements<std::int32_t>(graph, id)) return Axes(narrow->begin(), narrow->end());
  return std::nullopt;
}

std::optional<Tensor> axes_tensor(const Axes& axes) {
  const auto view = view_of<std::int64_t>(axes, Shape{static_cast<std::int64_t>(axes.size())});
  auto tensor = view ? Tensor::copy_of(*view) : Result<Tensor>(fail(view.error()));
  if (!tensor) return std::nullopt;
  return std::move(*tensor);
}

std::optional<RemappedNode> remap_attribute(const Node& node, std::string_view name, std::int64_t fallback) {
  const auto axis = nhwc_axis(node.int_or(name, fallback));
  if (!axis) return std::nullopt;
  RemappedNode result{node, {}, true};
  result.node.set(name, *axis);
  return result;
}

std::optional<RemappedNode> remap_slice(const Graph& graph, const Node& node) {
  RemappedNode result{node, {}, true};
  if (node.inputs.size() < 3) {  // opset below 10: attributes
    const auto starts = node.ints_or("starts", {});
    Axes axes = node.ints_or("axes", {});
    for (std::size_t i = axes.size(); i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
    const auto mapped = remap(axes);
    if (!mapped) return std::nullopt;
    result.node.set("axes", *mapped);
    return result;
  }
  Axes axes;
  DataType type = DataType::kInt64;
  if (const ValueId id = input_or_none(node, 3); id != kNoValue) {
    const auto given = constant_axes(graph, id);
    if (!given) return std::nullopt;
    axes = *given;
    type = graph.values[id].type;
  } else {
    const auto starts = constant_axes(graph, node.inputs[1]);
    if (!starts) return std::nullopt;
    type = graph.values[node.inputs[1]].type;
    for (std::size_t i = 0; i < starts->size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  const auto mapped = remap(axes);
  if (!mapped || type != DataType::kInt64) return std::nullopt;
  auto tensor = axes_tensor(*mapped);
  if (!tensor) return std::nullopt;
  result.constants.emplace_back(3, std::move(*tensor));
  return result;
}

std::optional<RemappedNode> remap_pad(const Graph& graph, const Node& node) {
  RemappedNode result{node, {}, true};
  const auto permute = [](const Axes& pads) {
    Axes permuted(8);
    for (std::size_t axis = 0; axis < 4; ++axis) {
      const auto to = static_cast<std::size_t>(kNhwcPosition[axis]);
      permuted[to] = pads[axis];
      permuted[to + 4] = pads[axis + 4];
    }
    return permuted;
  };
  if (node.inputs.size() < 2) {
    const auto pads = node.ints_or("pads", {});
    if (pads.size() != 8) return std::nullopt;
    result.node.set("pads", permute(pads));
    return result;
  }
  const auto pads = constant_axes(graph, node.inputs[1]);
  if (!pads || pads->size() != 8 || input_or_none(node, 3) != kNoValue) return std::nullopt;
  auto tensor = axes_tensor(permute(*pads));
  if (!tensor) return std::nullopt;
  result.constants.emplace_back(1, std::move(*tensor));
  return result;
}

std::optional<RemappedNode> remap_reduction(const Graph& graph, const Node& node) {
  RemappedNode result{node, {}, true};
  const bool as_input = input_or_none(node, 1) != kNoValue;
  const auto axes = as_input ? constant_axes(graph, node.inputs[1]) : std::optional(node.ints_or("axes", {}));
  if (!axes || axes->empty()) return std::nullopt;
  auto mapped = remap(*axes);
  if (!mapped) return std::nullopt;
  std::ranges::make_heap(*mapped);
  std::ranges::sort_heap(*mapped);
  if (node.int_or("keepdims", 1) == 0) {
    // Without the height and width the batch and the channels stand in ONNX's order.
    if (*mapped != Axes{1, 2}) return std::nullopt;
    result.output_is_nhwc = false;
  }
  if (as_input) {
    auto tensor = axes_tensor(*mapped);
    if (!tensor) return std::nullopt;
    result.constants.emplace_back(1, std::move(*tensor));
  } else {
    result.node.set("axes", *mapped);
  }
  return result;
}

}  // namespace

std::optional<std::int64_t> nhwc_axis(std::int64_t axis) {
  if (axis < -4 || axis > 3) return std::nullopt;
  return kNhwcPosition[static_cast<std::size_t>(axis < 0 ? axis + 4 : axis)];
}

std::optional<RemappedNode> remap_axes(const Graph& graph, const Node& node) {
  if (node.op_type == "Slice") return remap_slice(graph, node);
  if (node.op_type == "Pad") return remap_pad(graph, node);
  if (node.op_type == "Split") return remap_attribute(node, "axis", 0);
  // Before opset 13 these work on all dimensions from the axis on.
  if (node.op_type == "Softmax" || node.op_type == "LogSoftmax") {
    return graph.opset >= 13 ? remap_attribute(node, "axis", -1) : std::nullopt;
  }
  if (std::ranges::find(kReductions, node.op_type) != kReductions.end()) return remap_reduction(graph, node);
  return std::nullopt;
}

}  // namespace sluice::model::passes
