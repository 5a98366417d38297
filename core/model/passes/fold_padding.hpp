// Folds a Pad with zeros around the image into the Conv that alone reads it.
#pragma once

#include "core/model/graph.hpp"

namespace sluice::model::passes {

void fold_padding(Graph& graph);

}  // namespace sluice::model::passes
