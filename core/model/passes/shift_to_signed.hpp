// Turns uint8 quantised tensors between QuantizeLinear and DequantizeLinear into int8 ones, by taking 128 from the zero
// points (and from constants), since the int8 kernels are signed. The real values that they stand for stay the same.
#pragma once

#include "core/model/graph.hpp"

namespace sluice::model::passes {

void shift_to_signed(Graph& graph);

}  // namespace sluice::model::passes
