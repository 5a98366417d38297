#include "core/model/passes/fold_batch_norm.hpp"

#include <string>
#include <utility>

#include "core/model/passes/batch_norm.hpp"
#include "core/model/passes/graph_edit.hpp"

namespace sluice::model::passes {
namespace {

// Adds the scaled weights and the new bias as constants and points the Conv at them; false when it cannot be done.
bool scale_convolution(Graph& graph, Node& conv, const ChannelAffine& affine) {
  const auto weights = constant_elements<float>(graph, input_or_none(conv, 1));
  if (!weights) return false;
  const std::size_t channels = affine.scale.size();
  const Shape shape = graph.values[conv.inputs[1]].constant->shape;
  if (channels == 0 || shape.rank() < 3 || shape[0] != static_cast<std::int64_t>(channels)) return false;
  const ValueId old_bias = input_or_none(conv, 2);
  const auto bias = constant_elements<float>(graph, old_bias);
  if (old_bias != kNoValue && (!bias || bias->size() != channels)) return false;

  auto new_weights = Tensor::create(DataType::kFloat32, shape);
  auto new_bias = Tensor::create(DataType::kFloat32, Shape{static_cast<std::int64_t>(channels)});
  if (!new_weights || !new_bias) return false;
  const std::size_t per_channel = weights->size() / channels;
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t i = channel * per_channel; i < (channel + 1) * per_channel; ++i) {
      new_weights->as<float>()[i] = (*weights)[i] * affine.scale[channel];
    }
    const float before = bias ? (*bias)[channel] : 0.0F;
    new_bias->as<float>()[channel] = before * affine.scale[channel] + affine.shift[channel];
  }
  const std::string name = graph.values[conv.inputs[1]].name;
  conv.inputs.resize(3, kNoValue);
  conv.inputs[1] = graph.add_constant(name + "/normalised", std::move(*new_weights));
  conv.inputs[2] = graph.add_constant(name + "/normalised_bias", std::move(*new_bias));
  return true;
}

}  // namespace

void fold_batch_norm(Graph& graph) {
  const Uses uses(graph);
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    const auto affine = channel_affine_of(graph, graph.nodes[index]);
    if (!affine) continue;
    const ValueId input = graph.nodes[index].inputs[0];
    const auto maker = uses.maker(input);
    if (!maker || !uses.only_reader(input) || !is_onnx(graph.nodes[*maker], "Conv")) continue;
    if (!scale_convolution(graph, graph.nodes[*maker], *affine)) continue;
    graph.nodes[*maker].outputs[0] = graph.nodes[index].outputs[0];
    dead[index] = true;
  }
  erase_nodes(graph, dead);
}

}  // namespace sluice::model::passes
