// Conv of kNhwcDomain: float32 convolution, plain, grouped or depthwise, with fused bounds.
#include <limits>

#include "core/model/xnnpack/convolution_kernel.hpp"
#include "core/model/xnnpack/kernels.hpp"

namespace sluice::model::xnnpack {
namespace {

using FloatConvolution = ConvolutionKernel<float, xnn_reshape_convolution2d_nhwc_f32, xnn_setup_convolution2d_nhwc_f32>;

}  // namespace

MadeKernel make_convolution(const Node& node, const KernelContext& context) {
  if (auto ready = initialize(); !ready) return fail(ready.error());
  const auto form = read_convolution(node, context);
  if (!form) return fail(form.error());
  const TensorView& weights = *context.graph.values[node.inputs[1]].constant;
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
  const TensorView bias = has_bias ? *context.graph.values[node.inputs[2]].constant : TensorView{};
  if (weights.type != DataType::kFloat32 || (has_bias && bias.type != DataType::kFloat32)) {
    return fail(ErrorCode::kUnsupportedType, "weights and bias must be float32");
  }
  const auto reordered = to_channels_last(weights.as<float>(), weights.shape);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Window& window = form->window;
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_convolution2d_nhwc_f32(
      u32(window.pad_begin[0]), u32(window.pad_end[1]), u32(window.pad_end[0]), u32(window.pad_begin[1]),
      u32(window.kernel[0]), u32(window.kernel[1]), u32(window.stride[0]), u32(window.stride[1]),
      u32(window.dilation[0]), u32(window.dilation[1]), u32(form->groups),
      static_cast<std::size_t>(form->group_input_channels), static_cast<std::size_t>(form->group_output_channels),
      static_cast<std::size_t>(form->input_channels()), static_cast<std::size_t>(form->output_channels()),
      reordered.data(), has_bias ? bias.as<float>().data() : nullptr, node.float_or("activation_min", -kInfinity),
      node.float_or("activation_max", kInfinity), form->padding_flags(), nullptr, nullptr, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<FloatConvolution>(*form, std::move(op), context.threads);
}

}  // namespace sluice::model::xnnpack
