// The layers of split networks as ONNX nodes. Each returns the name of its output.
#pragma once

#include "native/train/onnx_export.hpp"
#include "native/train/splitnet/full_network.hpp"

namespace sluice::train::splitnet {

std::string export_block(OnnxExport& graph, const ConvNorm& block, std::string x);
std::string export_group(OnnxExport& graph, const Group& group, const std::string& x);
// The last layer, a linear one on what has one row and one column left, its result times `scale`: the output "logits".
std::string export_logits(OnnxExport& graph, const torch::nn::Linear& linear, double scale, const std::string& x);
// What classify() does.
std::string export_classifier(OnnxExport& graph, const torch::nn::Linear& head, const std::string& x);

}  // namespace sluice::train::splitnet
