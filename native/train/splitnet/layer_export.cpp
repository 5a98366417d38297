#include "native/train/splitnet/layer_export.hpp"

namespace sluice::train::splitnet {

std::string export_block(OnnxExport& graph, const ConvNorm& block, std::string x) {
  const ConvNormDesign& design = block->design();
  const FoldedConv folded = fold(block);
  x = graph.convolution(x, folded.weight, folded.bias, design.stride, design.padding, design.groups);
  if (design.pool > 1) {
    const OnnxExport::Ints window{design.pool, design.pool};
    x = graph.node("MaxPool", {x}, {{"kernel_shape", window}, {"strides", window}});
  }
  switch (design.activation) {
    case Activation::kNone: return x;
    case Activation::kRelu: return graph.node("Relu", {x});
    case Activation::kRelu6:
      return graph.node("Clip", {x, graph.constant(torch::zeros({})), graph.constant(torch::full({}, 6.0))});
  }
  return x;
}

std::string export_group(OnnxExport& graph, const Group& group, const std::string& x) {
  return export_block(graph, group->second, export_block(graph, group->first, x));
}

std::string export_logits(OnnxExport& graph, const torch::nn::Linear& linear, double scale, const std::string& x) {
  const std::string row = graph.node("Flatten", {x}, {{"axis", std::int64_t{1}}});
  return graph.node("Gemm", {row, graph.constant(linear->weight * scale), graph.constant(linear->bias * scale)},
                    {{"transB", std::int64_t{1}}}, "logits");
}

std::string export_classifier(OnnxExport& graph, const torch::nn::Linear& head, const std::string& x) {
  return export_logits(graph, head, kLogitScale, graph.node("GlobalMaxPool", {x}));
}

}  // namespace sluice::train::splitnet
