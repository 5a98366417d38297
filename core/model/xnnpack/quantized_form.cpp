#include "core/model/xnnpack/quantized_form.hpp"

namespace sluice::model::xnnpack {

Int8Quantization read_quantization(const Node& node, const std::string& prefix) {
  return {node.float_or(prefix + "_scale", 1.0F), static_cast<std::int8_t>(node.int_or(prefix + "_zero_point", 0))};
}

Result<QuantizedForm> read_quantized(const Node& node, const KernelContext& context, std::size_t output_channels) {
  QuantizedForm form;
  form.input = read_quantization(node, "input");
  form.output = read_quantization(node, "output");
  form.output_min = static_cast<std::int8_t>(node.int_or("output_min", -128));
  form.output_max = static_cast<std::int8_t>(node.int_or("output_max", 127));
  if (context.graph.values[node.inputs[1]].constant->type != DataType::kInt8) {
    return fail(ErrorCode::kUnsupportedType, "the weights are not int8");
  }
  const Attribute* scales = node.find("weight_scales");
  const auto* values = scales != nullptr ? std::get_if<std::vector<float>>(&scales->value) : nullptr;
  if (values == nullptr || (values->size() != 1 && values->size() != output_channels)) {
    return fail(ErrorCode::kInternal, "weight_scales does not fit the weights");
  }
  form.weight_scales = values->size() == 1 ? std::vector<float>(output_channels, values->front()) : *values;
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
    const TensorView& bias = *context.graph.values[node.inputs[2]].constant;
    if (bias.type != DataType::kInt32 || bias.as<std::int32_t>().size() != output_channels) {
      return fail(ErrorCode::kInternal, "the bias is not int32 with one element for each output channel");
    }
    form.bias = bias.as<std::int32_t>().data();
  }
  return form;
}

}  // namespace sluice::model::xnnpack
