#include "core/model/passes/quantized_values.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::model::passes {
namespace {

bool is_usable_scale(float scale) { return std::isnormal(scale) && scale > 0.0F; }

const Node* dequantize_of(const Graph& graph, const Uses& uses, ValueId id) {
  const auto maker = uses.maker(id);
  if (!maker || !is_onnx(graph.nodes[*maker], "DequantizeLinear")) return nullptr;
  // Blocks of an axis (opset 21) have no int8 kernel.
  return graph.nodes[*maker].int_or("block_size", 0) == 0 ? &graph.nodes[*maker] : nullptr;
}

}  // namespace

std::optional<Quantization> quantization_of(const Graph& graph, const Node& node) {
  if (!is_onnx(node, "QuantizeLinear") && !is_onnx(node, "DequantizeLinear")) return std::nullopt;
  const auto scale = constant_scalar<float>(graph, input_or_none(node, 1));
  const auto zero_point = constant_scalar<std::int8_t>(graph, input_or_none(node, 2));
  if (!scale || !zero_point || !is_usable_scale(*scale)) return std::nullopt;
  return Quantization{*scale, *zero_point};
}

std::optional<QuantizedInput> quantized_input(const Graph& graph, const Uses& uses, ValueId id) {
  const Node* dequantize = dequantize_of(graph, uses, id);
  if (dequantize == nullptr || graph.is_constant(dequantize->inputs[0])) return std::nullopt;
  const auto quantization = quantization_of(graph, *dequantize);
  if (!quantization) return std::nullopt;
  return QuantizedInput{dequantize->inputs[0], *quantization};
}

std::optional<QuantizedWeights> quantized_weights(const Graph& graph, const Uses& uses, ValueId id,
                                                  std::int64_t channel_axis) {
  const Node* dequantize = dequantize_of(graph, uses, id);
  if (dequantize == nullptr) return std::nullopt;
  const ValueId integers = dequantize->inputs[0];
  if (!constant_elements<std::int8_t>(graph, integers)) return std::nullopt;
  const Shape& shape = graph.values[integers].constant->shape;
  const auto rank = static_cast<std::int64_t>(shape.rank());
  if (channel_axis >= rank) return std::nullopt;
  const auto scales = constant_elements<float>(graph, input_or_none(*dequantize, 1));
  if (!scales || scales->empty() || !std::ranges::all_of(*scales, is_usable_scale)) return std::nullopt;
  if (scales->size() != 1) {
    const std::int64_t axis = dequantize->int_or("axis", 1);
    const auto channels = static_cast<std::size_t>(shape[static_cast<std::size_t>(channel_axis)]);
    if ((axis < 0 ? axis + rank : axis) != channel_axis || scales->size() != channels) return std::nullopt;
  }
  if (const ValueId id_of_zero = input_or_none(*dequantize, 2); id_of_zero != kNoValue) {
    const auto zero_points = constant_elements<std::int8_t>(graph, id_of_zero);
    const auto is_zero = [](std::int8_t zero_point) { return zero_point == 0; };
    if (!zero_points || !std::ranges::all_of(*zero_points, is_zero)) return std::nullopt;
  }
  return QuantizedWeights{integers, {scales->begin(), scales->end()}};
}

std::optional<std::vector<double>> bias_values(const Graph& graph, const Uses& uses, ValueId id) {
  std::vector<double> values;
  if (const auto floats = constant_elements<float>(graph, id)) {
    values.assign(floats->begin(), floats->end());
    return values;
  }
  const Node* dequantize = dequantize_of(graph, uses, id);
  if (dequantize == nullptr) return std::nullopt;
  const auto integers = constant_elements<std::int32_t>(graph, dequantize->inputs[0]);
  const auto scales = constant_elements<float>(graph, input_or_none(*dequantize, 1));
  if (!integers || !scales || (scales->size() != 1 && scales->size() != integers->size())) return std::nullopt;
  if (const ValueId id_of_zero = input_or_none(*dequantize, 2); id_of_zero != kNoValue) {
    const auto zero_points = constant_elements<std::int32_t>(graph, id_of_zero);
    const auto is_zero = [](std::int32_t zero_point) { return zero_point == 0; };
    if (!zero_points || !std::ranges::all_of(*zero_points, is_zero)) return std::nullopt;
  }
  for (std::size_t i = 0; i < integers->size(); ++i) {
    values.push_back(static_cast<double>((*integers)[i]) * static_cast<double>((*scales)[scales->size() == 1 ? 0 : i]));
  }
  return values;
}

}  // namespace sluice::model::passes
