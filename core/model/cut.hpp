// Reduces a graph to the part between tensors. See Cut in model.hpp.
#pragma once

#include "core/base/result.hpp"
#include "core/model/graph.hpp"
#include "core/model/model.hpp"

namespace sluice::model {

// Keeps the nodes on which the tensors of `cut.to` depend, back to those of `cut.from`. The graph's shapes must have been
// inferred. Errors as of Model::load(); the graph is unusable after one.
Result<void> apply_cut(Graph& graph, const Cut& cut);

}  // namespace sluice::model
