// QuantizedConv of kNhwcDomain: int8 activations with one scale, symmetric int8 weights with a scale for each output channel.
#include <algorithm>

#include "core/model/xnnpack/convolution_kernel.hpp"
#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/quantized_form.hpp"

namespace sluice::model::xnnpack {
namespace {

using Int8Convolution =
    ConvolutionKernel<std::int8_t, xnn_reshape_convolution2d_nhwc_qs8_qc8w, xnn_setup_convolution2d_nhwc_qs8_qc8w>;

}  // namespace

MadeKernel make_quantized_convolution(const Node& node, const KernelContext& context) {
  if (auto ready = initialize(); !ready) return fail(ready.error());
  const auto form = read_convolution(node, context);
  if (!form) return fail(form.error());
  const auto quantized = read_quantized(node, context, static_cast<std::size_t>(form->output_channels()));
  if (!quantized) return fail(quantized.error());
  const TensorView& weights = *context.graph.values[node.inputs[1]].constant;
  const auto reordered = to_channels_last(weights.as<std::int8_t>(), weights.shape);
  const Window& window = form->window;
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_convolution2d_nhwc_qs8_qc8w(
      u32(window.pad_begin[0]), u32(window.pad_end[1]), u32(window.pad_end[0]), u32(window.pad_begin[1]),
      u32(window.kernel[0]), u32(window.kernel[1]), u32(window.stride[0]), u32(window.stride[1]),
      u32(window.dilation[0]), u32(window.dilation[1]), u32(form->groups),
      static_cast<std::size_t>(form->group_input_channels), static_cast<std::size_t>(form->group_output_channels),
      static_cast<std::size_t>(form->input_channels()), static_cast<std::size_t>(form->output_channels()),
      quantized->input.zero_point, quantized->input.scale, quantized->weight_scales.data(), reordered.data(),
      quantized->bias, quantized->output.zero_point, quantized->output.scale, quantized->output_min,
      quantized->output_max, form->padding_flags(), nullptr, nullptr, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Int8Convolution>(*form, std::move(op), context.threads);
}

}  // namespace sluice::model::xnnpack
