// Removes nodes that hand their first input on unchanged: Identity, Dropout at inference, a Cast to the type that is there,
// a Transpose that keeps the order, a Reshape, Expand or Slice to the shape that is there, a Concat of one, a Pad of nothing.
// Also merges a Transpose of a Transpose.
#pragma once

#include "core/model/graph.hpp"

namespace sluice::model::passes {

void remove_identities(Graph& graph);

}  // namespace sluice::model::passes
