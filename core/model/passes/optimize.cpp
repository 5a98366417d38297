#include "core/model/passes/optimize.hpp"

#include "core/model/passes/fold_batch_norm.hpp"
#include "core/model/passes/fold_constants.hpp"
#include "core/model/passes/fold_padding.hpp"
#include "core/model/passes/fuse_activations.hpp"
#include "core/model/passes/fuse_quantization.hpp"
#include "core/model/passes/graph_edit.hpp"
#include "core/model/passes/image_forms.hpp"
#include "core/model/passes/layout.hpp"
#include "core/model/passes/lower_matrix_products.hpp"
#include "core/model/passes/remove_identities.hpp"
#include "core/model/passes/shift_to_signed.hpp"
#include "core/model/topological_order.hpp"

namespace sluice::model::passes {

Result<void> optimize(Graph& graph, const PassContext& context) {
  if (graph.opset < kOldestOptimisedOpset) return {};
  // What is known before the first input.
  fold_constants(graph, context, false);
  remove_dead_nodes(graph);
  remove_identities(graph);
  // Fewer operators, still ONNX's.
  fold_batch_norm(graph);
  fold_padding(graph);
  shift_to_signed(graph);
  // Our own operators.
  lower_matrix_products(graph, context);
  use_channels_last(graph, context, {resize_form, remap_axes});
  fuse_activations(graph);
  fuse_quantization(graph, context);
  // Weights that no int8 operator took, and what the rewriting left behind.
  fold_constants(graph, context, true);
  remove_identities(graph);
  remove_dead_nodes(graph);
  return sort_topologically(graph);
}

}  // namespace sluice::model::passes
