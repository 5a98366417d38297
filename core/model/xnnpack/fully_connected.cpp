// FullyConnected of kNhwcDomain: [..., K] times constant weights ([N, K] with transB = 1, else [K, N]) plus bias, float32,
// with fused bounds.
#include <algorithm>
#include <limits>

#include "core/model/xnnpack/fully_connected_kernel.hpp"
#include "core/model/xnnpack/kernels.hpp"

namespace sluice::model::xnnpack {
namespace {

using FloatFullyConnected =
    FullyConnectedKernel<float, xnn_reshape_fully_connected_nc_f32, xnn_setup_fully_connected_nc_f32>;

}  // namespace

MadeKernel make_fully_connected(const Node& node, const KernelContext& context) {
  if (auto ready = initialize(); !ready) return fail(ready.error());
  const auto form = read_fully_connected(node, context);
  if (!form) return fail(form.error());
  const TensorView& weights = *context.graph.values[node.inputs[1]].constant;
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
  const TensorView bias = has_bias ? *context.graph.values[node.inputs[2]].constant : TensorView{};
  if (weights.type != DataType::kFloat32 || (has_bias && bias.type != DataType::kFloat32)) {
    return fail(ErrorCode::kUnsupportedType, "weights and bias must be float32");
  }
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_fully_connected_nc_f32(
      form->inputs, form->outputs, form->inputs, form->outputs, weights.as<float>().data(),
      has_bias ? bias.as<float>().data() : nullptr, node.float_or("activation_min", -kInfinity),
      node.float_or("activation_max", kInfinity), form->transposed ? 0 : XNN_FLAG_TRANSPOSE_WEIGHTS, nullptr, nullptr,
      &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<FloatFullyConnected>(*form, std::move(op), context.threads);
}

}  // namespace sluice::model::xnnpack
