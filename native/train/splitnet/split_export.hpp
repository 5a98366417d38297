// A trained split network as what ships: two ONNX graphs, and the numbers that coder and
// combination need. The quantiser is not part of a graph: symbols are what goes over the wire.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "native/train/splitnet/split_network.hpp"

namespace sluice::train::splitnet {

struct ExportedSplit {
  // A picture [1, 3, side, side] to local logits, and to features [1, channels, side, side], unquantised. The local
  // channels come first, so those that are sent are the rest of the tensor.
  std::string device;
  // Features [batch, sent, side, side], dequantised, to logits.
  std::string remote;
  // The share of the local answer, by the number of channels that arrived, from none to all.
  std::vector<float> combination;
};

ExportedSplit export_split(SplitNetwork& network, const Classifier& full);
// The remote half alone, in either form.
std::string export_remote(SplitNetwork& network, const Classifier& full, WeightForm form);

// Largest difference between what the core computes with the graphs and what LibTorch does, in float32.
struct ExportDifference {
  double features = 0;
  double local = 0;
  double remote = 0;
};
Result<ExportDifference> compare_split(const ExportedSplit& exported, SplitNetwork& network,
                                       const torch::Tensor& pictures);

}  // namespace sluice::train::splitnet
