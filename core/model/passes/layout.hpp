// Channels-last layout in one forward pass. Convolutions, pools and image resizing become nodes of kNhwcDomain on
// channels-last tensors; elementwise operators, concatenation, slicing, padding, reductions and softmax follow the layout of
// their inputs with remapped axes; every other node gets its input in ONNX's order. A Transpose is inserted where a value
// is first needed in the layout that it is not in, and a Transpose of the model's own that undoes the layout disappears.
#pragma once

#include <optional>

#include "core/model/graph.hpp"
#include "core/model/passes/layout_axes.hpp"
#include "core/model/passes/pass_context.hpp"

namespace sluice::model::passes {

// What a Resize or Upsample becomes (resize_form of image_forms.hpp); without one they stay as they are, and the linker drops it.
using ResizeForm = std::optional<Node> (*)(const Graph& graph, const Node& node);
// How a node with axes follows its input (remap_axes of layout_axes.hpp); without it such a node gets ONNX's order.
using RemapAxes = std::optional<RemappedNode> (*)(const Graph& graph, const Node& node);

struct LayoutRules {
  ResizeForm resize = nullptr;
  RemapAxes remap = nullptr;
};

void use_channels_last(Graph& graph, const PassContext& context, const LayoutRules& rules);

}  // namespace sluice::model::passes
