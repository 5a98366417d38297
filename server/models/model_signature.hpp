// What an ONNX model takes and gives, as its file says, so that a model can be served before any engine has loaded it. Reads names, types
// and shapes of the graph's inputs and outputs and nothing else; a dimension that the file leaves open is -1, a shape that it leaves out
// is empty. Pure.
#pragma once

#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/run/stage.hpp"

namespace sluice::server {

struct ModelSignature {
  std::vector<model::TensorInfo> inputs;  // without those that are weights
  std::vector<model::TensorInfo> outputs;
};

// kMalformedModel for bytes that are no model, or one without a graph.
Result<ModelSignature> read_signature(Bytes onnx);

}  // namespace sluice::server
