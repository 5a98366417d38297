// Rewrites Gemm and MatMul with constant float32 weights (or weights that a DequantizeLinear makes from constants) to
// FullyConnected of kNhwcDomain, whose kernel packs the weights once. A constant bias added behind a MatMul is taken along.
#pragma once

#include "core/model/graph.hpp"
#include "core/model/passes/pass_context.hpp"

namespace sluice::model::passes {

void lower_matrix_products(Graph& graph, const PassContext& context);

}  // namespace sluice::model::passes
