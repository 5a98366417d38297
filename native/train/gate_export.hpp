// The trained network as ONNX: batch normalisation folded into the convolutions, the highest place's probability as the
// one output. Operators: Conv, Relu, Add, GlobalMaxPool, Flatten, Sigmoid, which every gate build runs.
#pragma once

#include <string>

#include "native/train/gate_network.hpp"

namespace sluice::train {

std::string export_gate(const GateNetwork& network);

}  // namespace sluice::train
