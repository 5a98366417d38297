// Replaces DequantizeLinear -> operator -> QuantizeLinear by one int8 operator of kNhwcDomain: QuantizedConv,
// QuantizedFullyConnected, QuantizedAdd, QuantizedGlobalAveragePool; operators that only move elements, between equal scales,
// run on the int8 tensor itself. Runs behind the layout, the activation fusing and shift_to_signed.
// Source of the arithmetic: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
// Inference", 2018, sections 2.1 to 2.4, with symmetric weights, per output channel where the model has it so.
#pragma once

#include "core/model/graph.hpp"
#include "core/model/passes/pass_context.hpp"

namespace sluice::model::passes {

void fuse_quantization(Graph& graph, const PassContext& context);

}  // namespace sluice::model::passes
