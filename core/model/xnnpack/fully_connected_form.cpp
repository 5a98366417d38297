#include "core/model/xnnpack/fully_connected_form.hpp"

#include <array>
#include <algorithm>
#include <string>

namespace sluice::model::xnnpack {

Result<FullyConnectedForm> read_fully_connected(const Node& node, const KernelContext& context) {
  const Graph& graph = context.graph;
  if (node.inputs.size() < 2 || !graph.is_constant(node.inputs[1])) {
    return fail(ErrorCode::kUnsupportedOperator, "the weights are not constant");
  }
  const Shape& weights = graph.values[node.inputs[1]].constant->shape;
  if (weights.rank() != 2 || weights[0] < 1 || weights[1] < 1) {
    return fail(ErrorCode::kUnsupportedOperator,
                {"the weights have shape ", to_string(weights), ", not two dimensions"});
  }
  FullyConnectedForm form;
  form.transposed = node.int_or("transB", 0) != 0;
  form.outputs = static_cast<std::size_t>(weights[form.transposed ? 0 : 1]);
  form.inputs = static_cast<std::size_t>(weights[form.transposed ? 1 : 0]);
  form.memory_limit_bytes = context.memory_limit_bytes;
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
    if (!graph.is_constant(node.inputs[2])) return fail(ErrorCode::kUnsupportedOperator, "the bias is not constant");
    const Shape& bias = graph.values[node.inputs[2]].constant->shape;
    if (bias.element_count() != form.outputs) {
      return fail(ErrorCode::kInvalidGraph,
                  {"the bias has shape ", to_string(bias), " for ", form.outputs, " outputs"});
    }
  }
  return form;
}

Result<FullyConnectedOutput> fully_connected_output(const FullyConnectedForm& form, const Shape& input) {
  if (input.rank() < 1 || input[input.rank() - 1] != static_cast<std::int64_t>(form.inputs)) {
    return fail(ErrorCode::kShapeMismatch,
                {"the input has shape ", to_string(input), "; the weights take rows of ", form.inputs});
  }
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  std::ranges::copy(input.dims(), dims.begin());
  dims[input.rank() - 1] = static_cast<std::int64_t>(form.outputs);
  const auto output = Shape::make(std::span(dims).first(input.rank()));
  if (!output) return fail(ErrorCode::kInvalidGraph, "the output's shape does not fit");
  const auto size = dense_size(DataType::kFloat32, *output, form.memory_limit_bytes);
  if (!size) return fail(size.error());
  return FullyConnectedOutput{*output, *size / sizeof(float) / form.outputs};
}

}  // namespace sluice::model::xnnpack
