// Shapes and types that follow from a node's attributes and the shapes of its inputs, for operators whose kernels are dear to
// make (convolutions, pools, normalisation) and for types where shapes are open. What no rule covers, fold_constants asks a
// kernel about.
#pragma once

#include "core/model/graph.hpp"

namespace sluice::model::passes {

// Fills shape and type of the outputs; false when no rule covers the node or an input's shape is not known.
bool apply_shape_rule(Graph& graph, const Node& node);

// Fills the outputs' types where they follow from the inputs' types alone.
void apply_type_rule(Graph& graph, const Node& node);

}  // namespace sluice::model::passes
