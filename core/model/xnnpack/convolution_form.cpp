#include "core/model/xnnpack/convolution_form.hpp"

#include <xnnpack.h>

#include <array>
#include <string>

#include "core/base/checked.hpp"

namespace sluice::model::xnnpack {
namespace {

Result<ConvolutionForm> read_form(const Node& node, const KernelContext& context, std::size_t output_axis) {
  const Graph& graph = context.graph;
  if (node.inputs.size() < 2 || !graph.is_constant(node.inputs[1])) {
    return fail(ErrorCode::kUnsupportedOperator, "the weights are not constant");
  }
  const Shape& weights = graph.values[node.inputs[1]].constant->shape;
  if (weights.rank() != 4)
    return fail(ErrorCode::kUnsupportedOperator, "the weights are not those of a 2-D convolution");
  for (const std::int64_t dim : weights.dims()) {
    if (dim < 1) return fail(ErrorCode::kInvalidGraph, {"the weights have the empty shape ", to_string(weights)});
  }
  auto window = read_window(node, std::array{weights[2], weights[3]});
  if (!window) return fail(window.error());
  ConvolutionForm form;
  form.window = *window;
  form.memory_limit_bytes = context.memory_limit_bytes;
  form.groups = node.int_or("group", 1);
  if (form.groups < 1 || weights[0] % form.groups != 0) {
    return fail(ErrorCode::kInvalidGraph,
                {"group = ", form.groups, " does not divide the weights' shape ", to_string(weights)});
  }
  const std::int64_t per_group = weights[0] / form.groups;
  form.group_output_channels = output_axis == 0 ? per_group : weights[1];
  form.group_input_channels = output_axis == 0 ? weights[1] : per_group;
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
    if (!graph.is_constant(node.inputs[2])) return fail(ErrorCode::kUnsupportedOperator, "the bias is not constant");
    const Shape& bias = graph.values[node.inputs[2]].constant->shape;
    if (bias.element_count() != static_cast<std::size_t>(form.output_channels())) {
      return fail(ErrorCode::kInvalidGraph,
                  {"the bias has shape ", to_string(bias), " for ", form.output_channels(), " output channels"});
    }
  }
  return form;
}

}  // namespace

std::uint32_t ConvolutionForm::padding_flags() const {
  return window.auto_pad == AutoPad::kSameUpper ? XNN_FLAG_TENSORFLOW_SAME_PADDING : 0;
}

Result<ConvolutionForm> read_convolution(const Node& node, const KernelContext& context) {
  return read_form(node, context, 0);
}

Result<ConvolutionForm> read_deconvolution(const Node& node, const KernelContext& context) {
  return read_form(node, context, 1);
}

Result<Shape> convolution_output(const ConvolutionForm& form, const Shape& input) {
  if (input.rank() != 4 || input[3] != form.input_channels()) {
    return fail(ErrorCode::kShapeMismatch, {"the input has channels-last shape ", to_string(input),
                                            "; the weights take ", form.input_channels(), " channels"});
  }
  const std::array extent{input[1], input[2]};
  const auto output = window_output(resolve_padding(form.window, extent), extent);
  if (!output) {
    return fail(ErrorCode::kInvalidGraph, {"the window is larger than the padded input of shape ", to_string(input)});
  }
  const Shape shape{input[0], (*output)[0], (*output)[1], form.output_channels()};
  if (auto size = dense_size(DataType::kFloat32, shape, form.memory_limit_bytes); !size) return fail(size.error());
  // One pointer for each element of the window at each place.
  const auto window = static_cast<std::size_t>(form.window.kernel[0] * form.window.kernel[1]);
  const auto places = checked_mul(static_cast<std::size_t>((*output)[0]), static_cast<std::size_t>((*output)[1]));
  const auto pointers = places ? checked_mul(*places, window) : std::nullopt;
  constexpr std::size_t kTableShare = 16;  // a table may be that much larger than the largest tensor
  if (!pointers || *pointers / kTableShare > form.memory_limit_bytes / sizeof(void*)) {
    return fail(ErrorCode::kOutOfMemory, {"a window of ", window, " elements on an output of shape ", to_string(shape),
                                          " takes too much memory"});
  }
  return shape;
}

std::uint64_t count_multiply_adds(const ConvolutionForm& form, const Shape& output) {
  const auto outputs = static_cast<std::uint64_t>(output.element_count().value_or(0));
  return outputs *
         static_cast<std::uint64_t>(form.window.kernel[0] * form.window.kernel[1] * form.group_input_channels);
}

}  // namespace sluice::model::xnnpack
