#include "core/model/passes/batch_norm.hpp"

#include <array>
#include <cmath>

#include "core/model/passes/graph_edit.hpp"

namespace sluice::model::passes {

std::optional<ChannelAffine> channel_affine_of(const Graph& graph, const Node& node) {
  if (!is_onnx(node, "BatchNormalization") || node.inputs.size() != 5 || node.outputs.empty()) return std::nullopt;
  if (node.int_or("training_mode", 0) != 0 || node.int_or("spatial", 1) != 1) return std::nullopt;
  for (std::size_t slot = 1; slot < node.outputs.size(); ++slot) {
    if (node.outputs[slot] != kNoValue) return std::nullopt;
  }
  std::array<std::span<const float>, 4> parameters;  // scale, bias, mean, variance
  for (std::size_t slot = 0; slot < parameters.size(); ++slot) {
    const auto elements = constant_elements<float>(graph, node.inputs[slot + 1]);
    if (!elements || (slot != 0 && elements->size() != parameters[0].size())) return std::nullopt;
    parameters[slot] = *elements;
  }
  const float epsilon = node.float_or("epsilon", 1e-5F);
  ChannelAffine affine;
  for (std::size_t channel = 0; channel < parameters[0].size(); ++channel) {
    const float scale = parameters[0][channel] / std::sqrt(parameters[3][channel] + epsilon);
    affine.scale.push_back(scale);
    affine.shift.push_back(parameters[1][channel] - parameters[2][channel] * scale);
  }
  return affine;
}

}  // namespace sluice::model::passes
