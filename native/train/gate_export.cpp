#include "native/train/gate_export.hpp"

#include "native/train/onnx_export.hpp"

namespace sluice::train {
namespace {

std::string export_unit(OnnxExport& graph, const ConvUnitImpl& unit, const std::string& input) {
  torch::NoGradGuard no_gradient;
  const auto& norm = *unit.norm;
  const torch::Tensor factor = norm.weight / torch::sqrt(norm.running_var + norm.options.eps());
  const torch::Tensor weight = unit.convolution->weight * factor.view({-1, 1, 1, 1});
  const torch::Tensor bias = norm.bias - norm.running_mean * factor;
  const auto& options = unit.convolution->options;
  const std::string output =
      graph.convolution(input, weight, bias, (*options.stride())[0], weight.size(2) / 2, options.groups());
  return unit.relu ? graph.node("Relu", {output}) : output;
}

}  // namespace

std::string export_gate(const GateNetwork& network) {
  const GateNetworkImpl& net = *network;
  OnnxExport graph("skip_filter");
  graph.input("picture", {1, 3, std::int64_t{net.design.height}, std::int64_t{net.design.width}});
  std::string x = export_unit(graph, *net.stem, "picture");
  for (const SeparableBlock& block : net.blocks) {
    const std::string y = export_unit(graph, *block->pointwise, export_unit(graph, *block->depthwise, x));
    x = block->residual ? graph.node("Add", {x, y}) : y;
  }
  x = export_unit(graph, *net.head, x);
  x = graph.convolution(x, net.score->weight, net.score->bias, 1, 0, 1);
  x = graph.node("GlobalMaxPool", {x});
  x = graph.node("Flatten", {x}, {{"axis", std::int64_t{1}}});
  graph.output(graph.node("Sigmoid", {x}, {}, "needed"), {1, 1});
  return graph.finish();
}

}  // namespace sluice::train
