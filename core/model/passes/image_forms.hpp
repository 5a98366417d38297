// Which convolutions, pools and resizes have a channels-last form, and what it is. The form is a node of kNhwcDomain with
// explicit padding wherever the input's shape is known; its first input and output are still those of the ONNX node.
#pragma once

#include <optional>

#include "core/model/graph.hpp"
#include "core/model/passes/graph_edit.hpp"

namespace sluice::model::passes {

// Conv, ConvTranspose, MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool.
bool is_image_operator(const Node& node);
std::optional<Node> image_form(const Graph& graph, const Uses& uses, const Node& node);

// Resize and Upsample by constant factors or sizes along height and width: op_type "ResizeNearest" (attributes height_scale
// and width_scale, whole numbers) or "ResizeBilinear" (attributes height and width, or the scales, and coordinate_mode).
std::optional<Node> resize_form(const Graph& graph, const Node& node);

}  // namespace sluice::model::passes
