#include "server/models/model_signature.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <protozero/pbf_message.hpp>
#include <set>
#include <string>
#include <utility>

#include "core/model/onnx_schema.hpp"

namespace sluice::server {

namespace {

using namespace model::onnx;

template <typename Field>
using Message = protozero::pbf_message<Field>;

std::int64_t read_dim(Message<DimField> dim) {
  std::int64_t value = -1;
  while (dim.next()) {
    if (dim.tag() == DimField::kValue) {
      value = dim.get_int64();
    } else {
      dim.skip();
    }
  }
  return value;
}

void read_tensor_type(Message<TensorTypeField> type, model::TensorInfo& info) {
  while (type.next()) {
    if (type.tag() == TensorTypeField::kElementType) {
      const auto element = static_cast<DataType>(type.get_int32());
      info.type = element_size(element) > 0 ? element : DataType::kUndefined;
    } else if (type.tag() == TensorTypeField::kShape) {
      Message<ShapeField> shape(type.get_message());
      while (shape.next(ShapeField::kDim)) info.dims.push_back(read_dim(Message<DimField>(shape.get_message())));
    } else {
      type.skip();
    }
  }
}

model::TensorInfo read_value(Message<ValueInfoField> value) {
  model::TensorInfo info;
  while (value.next()) {
    if (value.tag() == ValueInfoField::kName) {
      info.name = value.get_string();
    } else if (value.tag() == ValueInfoField::kType) {
      Message<TypeField> type(value.get_message());
      while (type.next(TypeField::kTensor)) read_tensor_type(Message<TensorTypeField>(type.get_message()), info);
    } else {
      value.skip();
    }
  }
  return info;
}

std::string name_of(Message<TensorField> tensor) {
  std::string name;
  while (tensor.next(TensorField::kName)) name = tensor.get_string();
  return name;
}

ModelSignature read_graph(Message<GraphField> graph) {
  ModelSignature signature;
  std::set<std::string> weights;
  while (graph.next()) {
    switch (graph.tag()) {
      case GraphField::kInput:
        signature.inputs.push_back(read_value(Message<ValueInfoField>(graph.get_message())));
        break;
      case GraphField::kOutput:
        signature.outputs.push_back(read_value(Message<ValueInfoField>(graph.get_message())));
        break;
      case GraphField::kInitializer: weights.insert(name_of(Message<TensorField>(graph.get_message()))); break;
      default: graph.skip();
    }
  }
  std::erase_if(signature.inputs, [&](const model::TensorInfo& input) { return weights.contains(input.name); });
  return signature;
}

}  // namespace

Result<ModelSignature> read_signature(Bytes onnx) {
  std::optional<ModelSignature> signature;
  try {
    Message<ModelField> model(reinterpret_cast<const char*>(onnx.data()), onnx.size());
    while (model.next()) {
      if (model.tag() == ModelField::kGraph) {
        signature = read_graph(Message<GraphField>(model.get_message()));
      } else {
        model.skip();
      }
    }
  } catch (const std::exception& problem) {
    return fail(ErrorCode::kMalformedModel, {onnx.size(), " bytes that are not ONNX: ", problem.what()});
  }
  if (!signature || signature->outputs.empty()) {
    return fail(ErrorCode::kMalformedModel, {onnx.size(), " bytes without a graph that gives anything"});
  }
  return *std::move(signature);
}

}  // namespace sluice::server
