#include "server/models/open_ended.hpp"

#include <algorithm>
#include <array>
#include <protozero/exception.hpp>
#include <protozero/pbf_message.hpp>
#include <string_view>

#include "core/model/onnx_schema.hpp"

namespace sluice::server {

namespace {

using namespace model::onnx;

template <typename Field>
using Message = protozero::pbf_message<Field>;

// Of ONNX's own domain, those whose work follows from the shapes of their inputs and from their attributes, and so do their outputs'
// shapes. Not among them: what takes a shape, an axis or a count as an input, as Reshape, Slice and TopK do, even where that is a
// constant. A model with another operator loses no more than the way around the workers.
constexpr std::array<std::string_view, 75> kOperators = {"Abs",
                                                         "Add",
                                                         "And",
                                                         "ArgMax",
                                                         "ArgMin",
                                                         "AveragePool",
                                                         "BatchNormalization",
                                                         "Cast",
                                                         "Ceil",
                                                         "Clip",
                                                         "Concat",
                                                         "Constant",
                                                         "Conv",
                                                         "ConvInteger",
                                                         "Cos",
                                                         "DepthToSpace",
                                                         "DequantizeLinear",
                                                         "Div",
                                                         "Dropout",
                                                         "Elu",
                                                         "Equal",
                                                         "Erf",
                                                         "Exp",
                                                         "Flatten",
                                                         "Floor",
                                                         "Gather",
                                                         "Gelu",
                                                         "Gemm",
                                                         "GlobalAveragePool",
                                                         "GlobalMaxPool",
                                                         "Greater",
                                                         "GreaterOrEqual",
                                                         "HardSigmoid",
                                                         "HardSwish",
                                                         "Identity",
                                                         "InstanceNormalization",
                                                         "LRN",
                                                         "LayerNormalization",
                                                         "LeakyRelu",
                                                         "Less",
                                                         "LessOrEqual",
                                                         "Log",
                                                         "LogSoftmax",
                                                         "MatMul",
                                                         "MatMulInteger",
                                                         "Max",
                                                         "MaxPool",
                                                         "Mean",
                                                         "Min",
                                                         "Mish",
                                                         "Mul",
                                                         "Neg",
                                                         "Not",
                                                         "Or",
                                                         "PRelu",
                                                         "Pow",
                                                         "QLinearConv",
                                                         "QLinearMatMul",
                                                         "QuantizeLinear",
                                                         "Reciprocal",
                                                         "Relu",
                                                         "Round",
                                                         "Selu",
                                                         "Sigmoid",
                                                         "Sign",
                                                         "Sin",
                                                         "Softmax",
                                                         "Softplus",
                                                         "SpaceToDepth",
                                                         "Sqrt",
                                                         "Sub",
                                                         "Sum",
                                                         "Tanh",
                                                         "Transpose",
                                                         "Where"};
constexpr std::uint32_t kFunctionsField = 25;  // of ModelProto: operators that the model defines itself

bool is_open_ended_node(Message<NodeField> node) {
  bool known = false;
  while (node.next()) {
    if (node.tag() == NodeField::kOpType && node.wire_type() == kBlock) {
      const auto type = node.get_view();
      known = std::ranges::binary_search(kOperators, std::string_view(type.data(), type.size()));
    } else if (node.tag() == NodeField::kAttribute && node.wire_type() == kBlock) {
      Message<AttributeField> attribute(node.get_view());
      while (attribute.next()) {
        if (attribute.tag() == AttributeField::kGraph || attribute.tag() == AttributeField::kGraphs) return true;
        attribute.skip();
      }
    } else {
      node.skip();
    }
  }
  return !known;
}

}  // namespace

bool is_open_ended(Bytes onnx) {
  try {
    Message<ModelField> model(protozero::data_view(reinterpret_cast<const char*>(onnx.data()), onnx.size()));
    while (model.next()) {
      if (static_cast<std::uint32_t>(model.tag()) == kFunctionsField) return true;
      if (model.tag() != ModelField::kGraph || model.wire_type() != kBlock) {
        model.skip();
        continue;
      }
      Message<GraphField> graph(model.get_view());
      while (graph.next(GraphField::kNode, kBlock)) {
        if (is_open_ended_node(Message<NodeField>(graph.get_view()))) return true;
      }
    }
  } catch (const protozero::exception&) {
    return true;
  }
  return false;
}

}  // namespace sluice::server
