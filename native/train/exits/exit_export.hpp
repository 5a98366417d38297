// The branches of a network's exits as one ONNX file: its inputs are called as the model's tensors that they read, its outputs
// "exit_0", "exit_1", ... in the model's order, so that a runtime cuts both files at the same places.
#pragma once

#include <span>
#include <string>

#include "native/train/exits/exit_network.hpp"

namespace sluice::train::exits {

std::string exit_name(std::size_t exit);

// `branches`: of the network's, those that are exported, at growing places.
std::string export_exits(const ExitNetworkImpl& network, std::span<const std::size_t> branches, std::int64_t classes,
                         WeightForm form);

}  // namespace sluice::train::exits
