// Folds a BatchNormalization behind a Conv into the Conv's weights and bias: w' = w * s, b' = (b - mean) * s + shift, with
// s = scale / sqrt(variance + epsilon) of the output channel. Only float32 constants, only where the Conv has no other
// reader.
#pragma once

#include "core/model/graph.hpp"

namespace sluice::model::passes {

void fold_batch_norm(Graph& graph);

}  // namespace sluice::model::passes
