#include "core/model/onnx_node.hpp"

#include <algorithm>
#include <protozero/pbf_message.hpp>
#include <string>
#include <utility>

#include "core/model/onnx_schema.hpp"
#include "core/model/onnx_tensor.hpp"

namespace sluice::model::onnx {
namespace {

using protozero::pbf_message;
using protozero::tag_and_type;

// The fields of one AttributeProto as they come; `type` says which of them counts.
struct RawAttribute {
  std::string_view name;
  AttributeType type = AttributeType::kUndefined;
  AttributeType present = AttributeType::kUndefined;  // the last value field seen, for files without `type`
  float number = 0.0F;
  std::int64_t integer = 0;
  std::string_view text;
  protozero::data_view tensor;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string> strings;
  std::string_view refused;  // what it holds that cannot be run
};

class AttributeReader {
 public:
  AttributeReader(protozero::data_view bytes, std::size_t& element_budget) : message_(bytes), budget_(element_budget) {}

  Result<RawAttribute> read() {
    while (message_.next()) {
      if (!read_field()) {
        return fail(ErrorCode::kModelTooLarge,
                    {"attribute '", clip_name(raw_.name), "' has more elements than the limit"});
      }
    }
    return std::move(raw_);
  }

 private:
  bool spend(std::size_t elements) {
    if (elements > budget_) return false;
    budget_ -= elements;
    return true;
  }

  void refuse(std::string_view what) {
    raw_.refused = what;
    message_.skip();
  }

  // False when the element budget is used up.
  bool read_field() {
    switch (message_.tag_and_type()) {
      case tag_and_type(AttributeField::kName, kBlock): raw_.name = as_string_view(message_.get_view()); return true;
      case tag_and_type(AttributeField::kType, kVarint):
        raw_.type = static_cast<AttributeType>(message_.get_int32());
        return true;
      case tag_and_type(AttributeField::kFloat, kFixed32):
        raw_.number = message_.get_float();
        raw_.present = AttributeType::kFloat;
        return true;
      case tag_and_type(AttributeField::kInt, kVarint):
        raw_.integer = message_.get_int64();
        raw_.present = AttributeType::kInt;
        return true;
      case tag_and_type(AttributeField::kString, kBlock):
        raw_.text = as_string_view(message_.get_view());
        raw_.present = AttributeType::kString;
        return true;
      case tag_and_type(AttributeField::kTensor, kBlock):
        raw_.tensor = message_.get_view();
        raw_.present = AttributeType::kTensor;
        return true;
      case tag_and_type(AttributeField::kGraph, kBlock):
      case tag_and_type(AttributeField::kGraphs, kBlock): refuse("a subgraph"); return true;
      case tag_and_type(AttributeField::kTensors, kBlock): refuse("a list of tensors"); return true;
      case tag_and_type(AttributeField::kTypeProto, kBlock):
      case tag_and_type(AttributeField::kTypeProtos, kBlock): refuse("a type"); return true;
      case tag_and_type(AttributeField::kSparseTensor, kBlock):
      case tag_and_type(AttributeField::kSparseTensors, kBlock): refuse("a sparse tensor"); return true;
      case tag_and_type(AttributeField::kRefAttrName, kBlock):
        refuse("a reference to a function's attribute");
        return true;
      default: return read_list_field();
    }
  }

  bool read_list_field() {
    switch (message_.tag_and_type()) {
      case tag_and_type(AttributeField::kFloats, kFixed32):
        raw_.floats.push_back(message_.get_float());
        raw_.present = AttributeType::kFloats;
        return spend(1);
      case tag_and_type(AttributeField::kFloats, kBlock): {
        const auto values = message_.get_packed_float();
        if (!spend(static_cast<std::size_t>(values.size()))) return false;
        raw_.floats.insert(raw_.floats.end(), values.begin(), values.end());
        raw_.present = AttributeType::kFloats;
        return true;
      }
      case tag_and_type(AttributeField::kInts, kVarint):
        raw_.ints.push_back(message_.get_int64());
        raw_.present = AttributeType::kInts;
        return spend(1);
      case tag_and_type(AttributeField::kInts, kBlock):
        for (const std::int64_t value : message_.get_packed_int64()) {
          if (!spend(1)) return false;
          raw_.ints.push_back(value);
        }
        raw_.present = AttributeType::kInts;
        return true;
      case tag_and_type(AttributeField::kStrings, kBlock):
        raw_.strings.emplace_back(as_string_view(message_.get_view()));
        raw_.present = AttributeType::kStrings;
        return spend(sizeof(std::string) / sizeof(std::int64_t));
      default: message_.skip(); return true;
    }
  }

  pbf_message<AttributeField> message_;
  std::size_t& budget_;
  RawAttribute raw_;
};

Result<AttributeValue> value_of(RawAttribute& raw, std::deque<Tensor>& tensors, Bytes file, const ModelLimits& limits) {
  switch (raw.type == AttributeType::kUndefined ? raw.present : raw.type) {
    case AttributeType::kFloat: return raw.number;
    case AttributeType::kInt: return raw.integer;
    case AttributeType::kString: return std::string(raw.text);
    case AttributeType::kFloats: return std::move(raw.floats);
    case AttributeType::kInts: return std::move(raw.ints);
    case AttributeType::kStrings: return std::move(raw.strings);
    case AttributeType::kTensor: {
      auto tensor = read_tensor(raw.tensor, file, limits.max_tensor_bytes);
      if (!tensor) return fail(tensor.error());
      // Kernels keep attributes longer than the file is there, so these are always copied.
      auto owned = tensor->owned ? Result<Tensor>(std::move(*tensor->owned)) : Tensor::copy_of(tensor->view);
      if (!owned) return fail(owned.error());
      tensors.push_back(std::move(*owned));
      return tensors.back().view();
    }
    default:
      return fail(ErrorCode::kMalformedModel, {"attribute '", clip_name(raw.name), "' has no value of a known type"});
  }
}

std::string describe_node(const ParsedNode& parsed) {
  std::string text = clip_name(parsed.node.op_type) + " node";
  if (!parsed.node.name.empty()) return join_text({text, " '", clip_name(parsed.node.name), "'"});
  if (!parsed.outputs.empty()) text += join_text({" that makes '", clip_name(parsed.outputs.front()), "'"});
  return text;
}

Result<void> add_attribute(ParsedNode& parsed, RawAttribute& raw, Bytes file, const ModelLimits& limits) {
  const std::string where = join_text({describe_node(parsed), ": attribute '", clip_name(raw.name), "' "});
  if (!raw.refused.empty()) {
    return fail(ErrorCode::kUnsupportedOperator, {where, "holds ", raw.refused, ", which the runner lacks"});
  }
  if (raw.name.empty())
    return fail(ErrorCode::kMalformedModel, {describe_node(parsed), " has an attribute without a name"});
  if (parsed.node.find(raw.name) != nullptr) return fail(ErrorCode::kMalformedModel, {where, "occurs twice"});
  auto value = value_of(raw, parsed.tensors, file, limits);
  if (!value) return fail(value.error().code, {describe_node(parsed), ": ", value.error().message});
  parsed.node.attributes.push_back({std::string(raw.name), std::move(*value)});
  return {};
}

template <typename T>
Result<Tensor> tensor_of(std::span<const T> values, const Shape& shape, const ModelLimits& limits) {
  const auto view = view_of<T>(values, shape);
  if (!view) return fail(view.error());
  return Tensor::copy_of(*view, limits.max_tensor_bytes);
}

}  // namespace

Result<ParsedNode> read_node(protozero::data_view bytes, Bytes file, const ModelLimits& limits,
                             std::size_t& element_budget) {
  ParsedNode parsed;
  std::vector<protozero::data_view> attributes;
  pbf_message<NodeField> message(bytes);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case tag_and_type(NodeField::kInput, kBlock): parsed.inputs.push_back(as_string_view(message.get_view())); break;
      case tag_and_type(NodeField::kOutput, kBlock):
        parsed.outputs.push_back(as_string_view(message.get_view()));
        break;
      case tag_and_type(NodeField::kName, kBlock): parsed.node.name = as_string_view(message.get_view()); break;
      case tag_and_type(NodeField::kOpType, kBlock): parsed.node.op_type = as_string_view(message.get_view()); break;
      case tag_and_type(NodeField::kDomain, kBlock): parsed.node.domain = as_string_view(message.get_view()); break;
      case tag_and_type(NodeField::kAttribute, kBlock): attributes.push_back(message.get_view()); break;
      default: message.skip();
    }
    const std::size_t listed = parsed.inputs.size() + parsed.outputs.size() + attributes.size();
    if (listed > limits.max_values)
      return fail(ErrorCode::kModelTooLarge, {describe_node(parsed), " lists too many names"});
  }
  if (parsed.node.op_type.empty())
    return fail(ErrorCode::kMalformedModel, {describe_node(parsed), " names no operator"});
  if (parsed.node.domain == "ai.onnx") parsed.node.domain.clear();
  for (const auto& attribute : attributes) {
    auto raw = AttributeReader(attribute, element_budget).read();
    if (!raw) return fail(raw.error().code, {describe_node(parsed), ": ", raw.error().message});
    if (auto added = add_attribute(parsed, *raw, file, limits); !added) return fail(added.error());
  }
  return parsed;
}

Result<Tensor> constant_of(const Node& node, const ModelLimits& limits) {
  if (node.attributes.size() != 1) return fail(ErrorCode::kMalformedModel, "a Constant needs exactly one attribute");
  const auto& [name, value] = node.attributes.front();
  const auto vector_shape = [](std::size_t count) { return Shape{static_cast<std::int64_t>(count)}; };
  if (const auto* tensor = std::get_if<TensorView>(&value)) return Tensor::copy_of(*tensor, limits.max_tensor_bytes);
  if (const auto* number = std::get_if<float>(&value)) return tensor_of<float>({number, 1}, {}, limits);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return tensor_of<std::int64_t>({integer, 1}, {}, limits);
  if (const auto* floats = std::get_if<std::vector<float>>(&value)) {
    return tensor_of<float>(*floats, vector_shape(floats->size()), limits);
  }
  if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&value)) {
    return tensor_of<std::int64_t>(*ints, vector_shape(ints->size()), limits);
  }
  return fail(ErrorCode::kUnsupportedType, {"attribute '", name, "' holds text, which the runner lacks"});
}

}  // namespace sluice::model::onnx
