// Walks a graph once in order and works out what is known before any input comes: shapes and types of values, and, when
// folding, the values themselves: a node with constant inputs is run and replaced by its result, Shape and Size of a known
// shape become constants.
#pragma once

#include "core/base/result.hpp"
#include "core/model/graph.hpp"
#include "core/model/passes/pass_context.hpp"

namespace sluice::model::passes {

// Fills Value::shape and Value::type where they follow from the inputs; changes nothing else.
void infer_shapes(Graph& graph, const PassContext& context);

// Also replaces nodes by constants. Dequantised weights are folded only when `with_dequantize` is set: before that the
// integers must stay visible to fuse_quantization.
void fold_constants(Graph& graph, const PassContext& context, bool with_dequantize);

}  // namespace sluice::model::passes
