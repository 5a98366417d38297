// QuantizedFullyConnected of kNhwcDomain: int8 rows times symmetric int8 weights with a scale for each output.
#include "core/model/xnnpack/fully_connected_kernel.hpp"
#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/quantized_form.hpp"

namespace sluice::model::xnnpack {
namespace {

using Int8FullyConnected =
    FullyConnectedKernel<std::int8_t, xnn_reshape_fully_connected_nc_qs8_qc8w, xnn_setup_fully_connected_nc_qs8_qc8w>;

}  // namespace

MadeKernel make_quantized_fully_connected(const Node& node, const KernelContext& context) {
  if (auto ready = initialize(); !ready) return fail(ready.error());
  const auto form = read_fully_connected(node, context);
  if (!form) return fail(form.error());
  const auto quantized = read_quantized(node, context, form->outputs);
  if (!quantized) return fail(quantized.error());
  const TensorView& weights = *context.graph.values[node.inputs[1]].constant;
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_fully_connected_nc_qs8_qc8w(
      form->inputs, form->outputs, form->inputs, form->outputs, quantized->input.zero_point, quantized->input.scale,
      quantized->weight_scales.data(), weights.as<std::int8_t>().data(), quantized->bias, quantized->output.zero_point,
      quantized->output.scale, quantized->output_min, quantized->output_max,
      form->transposed ? 0 : XNN_FLAG_TRANSPOSE_WEIGHTS, nullptr, nullptr, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Int8FullyConnected>(*form, std::move(op), context.threads);
}

}  // namespace sluice::model::xnnpack
