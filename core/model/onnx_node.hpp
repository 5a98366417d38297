// One NodeProto of an ONNX file: names still as text, attributes as values. Subgraphs, sparse tensors and references to
// function attributes are refused by name. Throws protozero's exceptions on malformed protobuf; the reader catches them.
#pragma once

#include <protozero/data_view.hpp>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/graph.hpp"
#include "core/model/limits.hpp"

namespace sluice::model::onnx {

struct ParsedNode {
  std::vector<std::string_view> inputs;  // borrowed from the file; empty: omitted
  std::vector<std::string_view> outputs;
  Node node;                   // without inputs and outputs
  std::deque<Tensor> tensors;  // owners of the tensor attributes
};

// `message` lies within `file`. `element_budget` is what all attributes of the file together may still hold in elements of
// lists; it is counted down, so that compact encodings cannot blow up.
Result<ParsedNode> read_node(protozero::data_view message, Bytes file, const ModelLimits& limits,
                             std::size_t& element_budget);

// The tensor that a Constant node stands for.
Result<Tensor> constant_of(const Node& constant_node, const ModelLimits& limits);

}  // namespace sluice::model::onnx
