// QuantizedConv of kNhwcDomain: int8 activations with one scale, symmetric int8 weights with a scale for each output channel.
#include <algorithm>

#include "core/model/xnnpack/convolution_form.hpp"
#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/operator.hpp"
#include "core/model/xnnpack/quantized_form.hpp"

namespace sluice::model::xnnpack {
namespace {

class QuantizedConvolution final : public Kernel {
 public:
  QuantizedConvolution(const ConvolutionForm& form, Operator op, pthreadpool* threads)
      : form_(form), operator_(std::move(op)), threads_(threads) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    if (inputs[0].type != DataType::kInt8) return fail(ErrorCode::kUnsupportedType, "the input is not int8");
    const Shape& input = inputs[0].shape;
    const auto output = convolution_output(form_, input);
    if (!output) return fail(output.error());
    std::size_t workspace_bytes = 0;
    std::size_t workspace_alignment = 1;
    const auto status = xnn_reshape_convolution2d_nhwc_qs8_qc8w(
        operator_.get(), static_cast<std::size_t>(input[0]), static_cast<std::size_t>(input[1]),
        static_cast<std::size_t>(input[2]), &workspace_bytes, &workspace_alignment, nullptr, nullptr, threads_);
    if (auto reshaped = check(status, "reshape"); !reshaped) return reshaped;
    outputs[0] = {DataType::kInt8, *output};
    multiply_adds_ = count_multiply_adds(form_, *output);
    return workspace_.reserve(workspace_bytes, workspace_alignment);
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    const auto status = xnn_setup_convolution2d_nhwc_qs8_qc8w(
        operator_.get(), workspace_.data(), inputs[0].as<std::int8_t>().data(), outputs[0].as<std::int8_t>().data());
    if (auto ready = check(status, "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

  std::uint64_t multiply_adds() const override { return multiply_adds_; }

 private:
  ConvolutionForm form_;
  Operator operator_;
  pthreadpool* threads_;
  Workspace workspace_;
  std::uint64_t multiply_adds_ = 0;
};

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
  return std::make_unique<QuantizedConvolution>(*form, std::move(op), context.threads);
}

}  // namespace sluice::model::xnnpack
