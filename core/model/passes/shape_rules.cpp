#include "core/model/passes/shape_rules.hpp"

#include <algorithm>
#include <array>

#include "core/model/passes/graph_edit.hpp"
#include "core/model/window.hpp"

namespace sluice::model::passes {
namespace {

using std::int64_t;

// Operators with one result of the first input's shape and type.
constexpr std::array<std::string_view, 27> kSameShape = {
    "Relu",     "Clip", "Sigmoid", "Tanh", "LeakyRelu", "Elu",      "HardSigmoid", "HardSwish",  "BatchNormalization",
    "Identity", "Exp",  "Log",     "Sqrt", "Abs",       "Neg",      "Floor",       "Ceil",       "Round",
    "Softmax",  "Erf",  "Selu",    "Celu", "Softplus",  "Softsign", "LogSoftmax",  "Reciprocal", "LRN"};

constexpr std::array<std::string_view, 9> kBoolResult = {
    "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or", "Xor", "Not"};
constexpr std::array<std::string_view, 5> kInt64Result = {"Shape", "Size", "ArgMax", "ArgMin", "NonZero"};

void set_output(Graph& graph, const Node& node, DataType type, std::initializer_list<int64_t> dims) {
  Value& value = graph.values[node.outputs[0]];
  value.type = type;
  value.shape = Shape::make(std::span(dims.begin(), dims.size()));
}

const Shape* shape_of(const Graph& graph, ValueId id, std::size_t rank) {
  if (id == kNoValue || !graph.values[id].shape || graph.values[id].shape->rank() != rank) return nullptr;
  return &*graph.values[id].shape;
}

bool infer_convolution(Graph& graph, const Node& node) {
  const Shape* input = shape_of(graph, node.inputs[0], 4);
  const Shape* weights = shape_of(graph, input_or_none(node, 1), 4);
  if (input == nullptr || weights == nullptr) return false;
  const auto window = read_window(node, std::array{(*weights)[2], (*weights)[3]});
  if (!window) return false;
  const std::array<int64_t, 2> extent{(*input)[2], (*input)[3]};
  const auto output = window_output(resolve_padding(*window, extent), extent);
  if (!output) return false;
  set_output(graph, node, graph.values[node.inputs[0]].type, {(*input)[0], (*weights)[0], (*output)[0], (*output)[1]});
  return true;
}

bool infer_pool(Graph& graph, const Node& node) {
  const Shape* input = shape_of(graph, node.inputs[0], 4);
  if (input == nullptr || node.outputs.size() != 1) return false;
  const auto window = read_window(node, std::nullopt);
  if (!window) return false;
  const std::array<int64_t, 2> extent{(*input)[2], (*input)[3]};
  const auto output = window_output(resolve_padding(*window, extent), extent);
  if (!output) return false;
  set_output(graph, node, graph.values[node.inputs[0]].type, {(*input)[0], (*input)[1], (*output)[0], (*output)[1]});
  return true;
}

DataType result_type(const Graph& graph, const Node& node) {
  if (is_one_of(kBoolResult, node.op_type)) return DataType::kBool;
  if (is_one_of(kInt64Result, node.op_type)) return DataType::kInt64;
  const ValueId first = input_or_none(node, 0);
  const auto type_of = [&](ValueId id) { return id == kNoValue ? DataType::kUndefined : graph.values[id].type; };
  if (node.op_type == "Cast") return static_cast<DataType>(node.int_or("to", 0));
  if (node.op_type == "QuantizeLinear") {
    const ValueId zero_point = input_or_none(node, 2);
    return zero_point == kNoValue ? DataType::kUint8 : type_of(zero_point);
  }
  if (node.op_type == "DequantizeLinear") return DataType::kFloat32;
  if (node.op_type == "Where") return type_of(input_or_none(node, 1));
  return type_of(first);
}

}  // namespace

bool apply_shape_rule(Graph& graph, const Node& node) {
  if (node.domain != kOnnxDomain || node.inputs.empty() || node.outputs.empty() || node.outputs[0] == kNoValue)
    return false;
  const ValueId first = node.inputs[0];
  if (first == kNoValue || !graph.values[first].shape) return false;
  if (node.op_type == "Conv") return infer_convolution(graph, node);
  if (node.op_type == "MaxPool" || node.op_type == "AveragePool") return infer_pool(graph, node);
  if (is_one_of(kSameShape, node.op_type) && node.outputs.size() == 1) {
    graph.values[node.outputs[0]].shape = graph.values[first].shape;
    graph.values[node.outputs[0]].type = graph.values[first].type;
    return true;
  }
  const Shape* image = shape_of(graph, first, 4);
  if (image != nullptr && (node.op_type == "GlobalAveragePool" || node.op_type == "GlobalMaxPool")) {
    set_output(graph, node, graph.values[first].type, {(*image)[0], (*image)[1], 1, 1});
    return true;
  }
  return false;
}

void apply_type_rule(Graph& graph, const Node& node) {
  if (node.domain != kOnnxDomain) return;
  const DataType type = result_type(graph, node);
  for (const ValueId output : node.outputs) {
    if (output != kNoValue && graph.values[output].type == DataType::kUndefined) graph.values[output].type = type;
  }
}

}  // namespace sluice::model::passes
