// Channels-last layout in one forward pass. Convolutions, pools and image resizing become nodes of kNhwcDomain on
// channels-last tensors; elementwise operators, concatenation, slicing, padding, reductions and softmax follow the layout of
// their inputs with remapped axes; every other node gets its input in ONNX's order. A Transpose is inserted where a value
// is first needed in the layout that it is not in, and a Transpose of the model's own that undoes the layout disappears.
#pragma once

#include "core/model/graph.hpp"
#include "core/model/passes/pass_context.hpp"

namespace sluice::model::passes {

void use_channels_last(Graph& graph, const PassContext& context);

}  // namespace sluice::model::passes
