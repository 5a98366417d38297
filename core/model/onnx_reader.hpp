// ONNX bytes -> Graph. Weights stay views into the bytes where they are aligned there, so the bytes must outlive the graph.
// Constant nodes become constants, names become ids and the nodes stand in an order that can be executed.
// Hostile input (truncated, oversized, cyclic, undefined or doubly defined values, external data, subgraphs) is refused with
// a typed error that names the place; nothing is allocated beyond the limits and a small multiple of the file's size.
// Source: the ONNX IR specification (docs/IR.md), file formats kMinIrVersion to kMaxIrVersion, opsets kMinOpset to kMaxOpset.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/model/graph.hpp"
#include "core/model/limits.hpp"

namespace sluice::model {

Result<Graph> read_onnx(Bytes onnx, const ModelLimits& limits);

}  // namespace sluice::model
