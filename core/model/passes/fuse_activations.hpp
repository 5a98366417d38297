// Fuses a Relu or Clip into the channels-last convolution, matrix product or pool that alone feeds it, as the attributes
// activation_min and activation_max.
#pragma once

#include <optional>

#include "core/model/graph.hpp"

namespace sluice::model::passes {

void fuse_activations(Graph& graph);

// The bounds of a Relu or Clip with constant bounds.
struct Bounds {
  float lower;
  float upper;
};
std::optional<Bounds> clip_bounds(const Graph& graph, const Node& node);

// What fuse_activations() left at a node; without end where it left nothing.
Bounds fused_bounds(const Node& node);

}  // namespace sluice::model::passes
