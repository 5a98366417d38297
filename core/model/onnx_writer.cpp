#include "core/model/onnx_writer.hpp"

#include <protozero/pbf_builder.hpp>
#include <utility>

#include "core/model/onnx_schema.hpp"

namespace sluice::model {
namespace {

using namespace onnx;
using protozero::pbf_builder;

// Optimisers and other readers expect the elements aligned; the file format cannot promise that, raw data is merely copied.
void write_tensor(pbf_builder<TensorField>& message, std::string_view name, const TensorView& tensor) {
  const auto dims = tensor.shape.dims();
  message.add_packed_int64(TensorField::kDims, dims.begin(), dims.end());
  message.add_int32(TensorField::kDataType, static_cast<std::int32_t>(tensor.type));
  if (!name.empty()) message.add_string(TensorField::kName, name.data(), name.size());
  message.add_bytes(TensorField::kRawData, reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
}

// Appends a ValueInfoProto as the field `field` of a graph.
void append_value(std::string& target, GraphField field, std::string_view name, DataType type,
                  std::span<const std::int64_t> dims) {
  pbf_builder<GraphField> graph(target);
  pbf_builder<ValueInfoField> value(graph, field);
  value.add_string(ValueInfoField::kName, name.data(), name.size());
  pbf_builder<TypeField> kind(value, ValueInfoField::kType);
  pbf_builder<TensorTypeField> tensor(kind, TypeField::kTensor);
  tensor.add_int32(TensorTypeField::kElementType, static_cast<std::int32_t>(type));
  if (dims.empty()) {
    // A scalar. A builder that nothing is added to would leave the field out: an unknown shape.
    tensor.add_message(TensorTypeField::kShape, std::string());
    return;
  }
  pbf_builder<ShapeField> shape(tensor, TensorTypeField::kShape);
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    pbf_builder<DimField> dim(shape, ShapeField::kDim);
    if (dims[axis] >= 0) {
      dim.add_int64(DimField::kValue, dims[axis]);
    } else {
      dim.add_string(DimField::kParam, axis == 0 ? std::string("batch") : "d" + std::to_string(axis));
    }
  }
}

class AttributeWriter {
 public:
  explicit AttributeWriter(pbf_builder<AttributeField>& message) : message_(message) {}

  void operator()(std::int64_t value) {
    set_type(AttributeType::kInt);
    message_.add_int64(AttributeField::kInt, value);
  }
  void operator()(float value) {
    set_type(AttributeType::kFloat);
    message_.add_float(AttributeField::kFloat, value);
  }
  void operator()(const std::string& value) {
    set_type(AttributeType::kString);
    message_.add_bytes(AttributeField::kString, value);
  }
  void operator()(const std::vector<std::int64_t>& values) {
    set_type(AttributeType::kInts);
    for (const std::int64_t value : values) message_.add_int64(AttributeField::kInts, value);
  }
  void operator()(const std::vector<float>& values) {
    set_type(AttributeType::kFloats);
    for (const float value : values) message_.add_float(AttributeField::kFloats, value);
  }
  void operator()(const std::vector<std::string>& values) {
    set_type(AttributeType::kStrings);
    for (const std::string& value : values) message_.add_bytes(AttributeField::kStrings, value);
  }
  void operator()(const TensorView& value) {
    set_type(AttributeType::kTensor);
    pbf_builder<TensorField> tensor(message_, AttributeField::kTensor);
    write_tensor(tensor, {}, value);
  }

 private:
  void set_type(AttributeType type) { message_.add_int32(AttributeField::kType, static_cast<std::int32_t>(type)); }

  pbf_builder<AttributeField>& message_;
};

}  // namespace

OnnxWriter::OnnxWriter(std::string graph_name, std::int64_t opset)
    : graph_name_(std::move(graph_name)), opset_(opset) {}

void OnnxWriter::add_input(std::string_view name, DataType type, std::span<const std::int64_t> dims) {
  append_value(inputs_, GraphField::kInput, name, type, dims);
}

void OnnxWriter::add_output(std::string_view name, DataType type, std::span<const std::int64_t> dims) {
  append_value(outputs_, GraphField::kOutput, name, type, dims);
}

void OnnxWriter::add_initializer(std::string_view name, const TensorView& tensor) {
  pbf_builder<GraphField> graph(initializers_);
  pbf_builder<TensorField> message(graph, GraphField::kInitializer);
  write_tensor(message, name, tensor);
}

void OnnxWriter::add_node(std::string_view op_type, const Names& inputs, const Names& outputs,
                          const std::vector<Attribute>& attributes, std::string_view name, std::string_view domain) {
  pbf_builder<GraphField> graph(nodes_);
  pbf_builder<NodeField> node(graph, GraphField::kNode);
  for (const std::string& input : inputs) node.add_string(NodeField::kInput, input);
  for (const std::string& output : outputs) node.add_string(NodeField::kOutput, output);
  if (!name.empty()) node.add_string(NodeField::kName, name.data(), name.size());
  node.add_string(NodeField::kOpType, op_type.data(), op_type.size());
  if (!domain.empty()) node.add_string(NodeField::kDomain, domain.data(), domain.size());
  for (const Attribute& attribute : attributes) {
    pbf_builder<AttributeField> message(node, NodeField::kAttribute);
    message.add_string(AttributeField::kName, attribute.name);
    AttributeWriter writer(message);
    std::visit(writer, attribute.value);
  }
}

std::string OnnxWriter::finish() const {
  std::string bytes;
  pbf_builder<ModelField> model(bytes);
  model.add_int64(ModelField::kIrVersion, kIrVersion);
  model.add_string(ModelField::kProducerName, "sluice");
  {
    pbf_builder<OpsetField> opset(model, ModelField::kOpsetImport);
    opset.add_string(OpsetField::kDomain, "");
    opset.add_int64(OpsetField::kVersion, opset_);
  }
  std::string graph_bytes = nodes_;
  pbf_builder<GraphField> graph(graph_bytes);
  graph.add_string(GraphField::kName, graph_name_);
  graph_bytes += initializers_;
  graph_bytes += inputs_;
  graph_bytes += outputs_;
  model.add_message(ModelField::kGraph, graph_bytes);
  return bytes;
}

}  // namespace sluice::model
