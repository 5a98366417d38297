// Operators that name axes, rewritten for a channels-last first input: Slice, Split, Pad, Softmax and reductions.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/model/graph.hpp"

namespace sluice::model::passes {

// Where an axis of [N, C, H, W] (negative: from the end) stands in [N, H, W, C]; nullopt when it is out of range.
std::optional<std::int64_t> nhwc_axis(std::int64_t axis);

struct RemappedNode {
  Node node;
  std::vector<std::pair<std::size_t, Tensor>> constants;  // inputs to replace, by slot
  bool output_is_nhwc = true;                             // false: the output has lost the image's dimensions
};

// nullopt when the operator names no axes, or in a way that only the run decides.
std::optional<RemappedNode> remap_axes(const Graph& graph, const Node& node);

}  // namespace sluice::model::passes
