#include "core/model/passes/fold_batch_norm.hpp"
#include "core/model/passes/fold_constants.hpp"
#include "core/model/passes/fuse_activations.hpp"
#include "core/model/passes/graph_edit.hpp"
#include "core/model/passes/layout.hpp"
#include "core/model/passes/lower_matrix_products.hpp"
#include "core/model/passes/optimize.hpp"
#include "core/model/passes/remove_identities.hpp"
#include "core/model/topological_order.hpp"

namespace sluice::model::passes {

Result<void> optimize_gate(Graph& graph, const PassContext& context) {
  if (graph.opset < kOldestOptimisedOpset) return {};
  fold_constants(graph, context, false);
  remove_dead_nodes(graph);
  remove_identities(graph);
  fold_batch_norm(graph);
  lower_matrix_products(graph, context);
  use_channels_last(graph, context, {});
  fuse_activations(graph);
  remove_dead_nodes(graph);
  return sort_topologically(graph);
}

}  // namespace sluice::model::passes
