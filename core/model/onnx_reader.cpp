#include "core/model/onnx_reader.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <protozero/pbf_message.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/model/kernel.hpp"
#include "core/model/onnx_node.hpp"
#include "core/model/onnx_schema.hpp"
#include "core/model/onnx_tensor.hpp"
#include "core/model/topological_order.hpp"

namespace sluice::model {
namespace {

using namespace onnx;
using protozero::pbf_message;
using protozero::tag_and_type;

// ONNX's operators that may go without their first input, or without their first output. No other may, so that the passes can
// rely on both.
constexpr std::array<std::string_view, 6> kWithoutFirstInput = {"Constant",     "Loop",          "Optional",
                                                                "RandomNormal", "RandomUniform", "SequenceEmpty"};
constexpr std::array<std::string_view, 3> kWithoutFirstOutput = {"GRU", "LSTM", "RNN"};

bool lacks_first(const std::vector<ValueId>& values, std::string_view op_type,
                 std::span<const std::string_view> may_lack) {
  return (values.empty() || values.front() == kNoValue) && std::ranges::find(may_lack, op_type) == may_lack.end();
}

struct DeclaredValue {
  std::string_view name;
  DataType type = DataType::kUndefined;
  bool tensor = false;
  bool ranked = false;
  std::vector<std::int64_t> dims;
};

// -1: left open.
std::int64_t read_dim(protozero::data_view bytes) {
  std::int64_t dim = -1;
  pbf_message<DimField> message(bytes);
  while (message.next()) {
    if (message.tag_and_type() == tag_and_type(DimField::kValue, kVarint)) {
      dim = message.get_int64();
    } else {
      message.skip();
    }
  }
  return dim < 0 ? -1 : dim;
}

// False when there are more dimensions than a Shape holds.
bool read_dims(protozero::data_view bytes, std::vector<std::int64_t>& dims) {
  pbf_message<ShapeField> message(bytes);
  while (message.next(ShapeField::kDim, kBlock)) {
    if (dims.size() == Shape::kMaxRank) return false;
    dims.push_back(read_dim(message.get_view()));
  }
  return true;
}

Result<DeclaredValue> read_declared(protozero::data_view bytes) {
  DeclaredValue declared;
  protozero::data_view type;
  pbf_message<ValueInfoField> message(bytes);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case tag_and_type(ValueInfoField::kName, kBlock): declared.name = as_string_view(message.get_view()); break;
      case tag_and_type(ValueInfoField::kType, kBlock): type = message.get_view(); break;
      default: message.skip();
    }
  }
  for (pbf_message<TypeField> kinds(type); kinds.next(TypeField::kTensor, kBlock);) {
    declared.tensor = true;
    pbf_message<TensorTypeField> tensor(kinds.get_view());
    while (tensor.next()) {
      switch (tensor.tag_and_type()) {
        case tag_and_type(TensorTypeField::kElementType, kVarint): {
          const std::int32_t number = tensor.get_int32();
          const auto element_type = static_cast<DataType>(number);
          const bool known = number > 0 && number < 256 && element_size(element_type) != 0;
          declared.type = known ? element_type : DataType::kUndefined;
          break;
        }
        case tag_and_type(TensorTypeField::kShape, kBlock):
          declared.ranked = true;
          if (!read_dims(tensor.get_view(), declared.dims)) {
            return fail(ErrorCode::kMalformedModel,
                        {"'", clip_name(declared.name), "' has more than ", Shape::kMaxRank, " dimensions"});
          }
          break;
        default: tensor.skip();
      }
    }
  }
  return declared;
}

class Reader {
 public:
  Reader(Bytes file, const ModelLimits& limits)
      : file_(file), limits_(limits), element_budget_(limits.max_tensor_bytes / sizeof(std::int64_t)) {}

  Result<Graph> read() {
    if (file_.size() > limits_.max_model_bytes) {
      return fail(ErrorCode::kModelTooLarge,
                  {"the model has ", file_.size(), " bytes; max_model_bytes is ", limits_.max_model_bytes});
    }
    const auto graph_bytes = read_model();
    if (!graph_bytes) return fail(graph_bytes.error());
    for (const auto step :
         {&Reader::read_initializers, &Reader::read_inputs, &Reader::read_nodes, &Reader::read_outputs}) {
      if (auto done = (this->*step)(*graph_bytes); !done) return fail(done.error());
    }
    if (auto sorted = sort_topologically(graph_); !sorted) return fail(sorted.error());
    return std::move(graph_);
  }

 private:
  using Message = pbf_message<GraphField>;

  Result<protozero::data_view> read_model() {
    std::int64_t ir_version = 0;
    std::int64_t opset = 0;
    std::optional<protozero::data_view> graph;
    pbf_message<ModelField> message(reinterpret_cast<const char*>(file_.data()), file_.size());
    while (message.next()) {
      switch (message.tag_and_type()) {
        case tag_and_type(ModelField::kIrVersion, kVarint): ir_version = message.get_int64(); break;
        case tag_and_type(ModelField::kGraph, kBlock): graph = message.get_view(); break;
        case tag_and_type(ModelField::kOpsetImport, kBlock): read_opset(message.get_view(), opset); break;
        default: message.skip();
      }
    }
    if (!graph)
      return fail(ErrorCode::kMalformedModel, "the bytes hold no graph: this is not an ONNX model, or a truncated one");
    if (ir_version < kMinIrVersion || ir_version > kMaxIrVersion) {
      return fail(ErrorCode::kUnsupportedOpset, {"the model has IR version ", ir_version, "; ", kMinIrVersion, " to ",
                                                 kMaxIrVersion, " are supported"});
    }
    if (opset < kMinOpset || opset > kMaxOpset) {
      return fail(ErrorCode::kUnsupportedOpset,
                  {"the model uses opset ", opset, "; ", kMinOpset, " to ", kMaxOpset, " are supported"});
    }
    graph_.opset = opset;
    return *graph;
  }

  static void read_opset(protozero::data_view bytes, std::int64_t& opset) {
    std::string_view domain;
    std::int64_t version = 0;
    pbf_message<OpsetField> message(bytes);
    while (message.next()) {
      switch (message.tag_and_type()) {
        case tag_and_type(OpsetField::kDomain, kBlock): domain = as_string_view(message.get_view()); break;
        case tag_and_type(OpsetField::kVersion, kVarint): version = message.get_int64(); break;
        default: message.skip();
      }
    }
    if (domain.empty() || domain == "ai.onnx") opset = version;
  }

  Result<void> read_initializers(protozero::data_view graph) {
    Message message(graph);
    while (message.next()) {
      switch (message.tag_and_type()) {
        case tag_and_type(GraphField::kInitializer, kBlock): {
          auto tensor = read_tensor(message.get_view(), file_, limits_.max_tensor_bytes);
          if (!tensor) return fail(tensor.error());
          const auto id = define(tensor->name, "initialiser");
          if (!id) return fail(id.error());
          if (tensor->owned) {
            if (auto kept = keep(*id, std::move(*tensor->owned)); !kept) return kept;
          } else {
            Value& value = graph_.values[*id];
            value.type = tensor->view.type;
            value.shape = tensor->view.shape;
            value.constant = tensor->view;
          }
          break;
        }
        case tag_and_type(GraphField::kSparseInitializer, kBlock):
          return fail(ErrorCode::kUnsupportedType, "the model has a sparse initialiser; save it as a dense tensor");
        default: message.skip();
      }
    }
    return {};
  }

  Result<void> read_inputs(protozero::data_view graph) {
    for (Message message(graph); message.next(GraphField::kInput, kBlock);) {
      auto declared = read_declared(message.get_view());
      if (!declared) return fail(declared.error());
      // Up to IR version 3 every initialiser is listed among the inputs as well.
      if (const auto known = ids_.find(declared->name); known != ids_.end() && graph_.is_constant(known->second))
        continue;
      const std::string label = join_text({"input '", clip_name(declared->name), "'"});
      if (!declared->tensor || declared->type == DataType::kUndefined) {
        return fail(ErrorCode::kUnsupportedType, {label, " is not a tensor of an element type that the runner knows"});
      }
      if (!declared->ranked)
        return fail(ErrorCode::kInvalidGraph, {label, " has no shape, not even the number of dimensions"});
      const auto id = define(declared->name, "input");
      if (!id) return fail(id.error());
      Value& value = graph_.values[*id];
      value.type = declared->type;
      value.shape = Shape::make(declared->dims);
      value.declared_dims = std::move(declared->dims);
      graph_.inputs.push_back(*id);
    }
    return {};
  }

  Result<void> read_nodes(protozero::data_view graph) {
    std::size_t count = 0;
    for (Message message(graph); message.next(GraphField::kNode, kBlock);) {
      if (++count > limits_.max_nodes) {
        return fail(ErrorCode::kModelTooLarge, {"the model has more than max_nodes = ", limits_.max_nodes});
      }
      auto parsed = read_node(message.get_view(), file_, limits_, element_budget_);
      if (!parsed) return fail(parsed.error());
      if (auto added = add_node(std::move(*parsed)); !added) return added;
    }
    for (ValueId id = 0; id < graph_.values.size(); ++id) {
      if (!defined_[id]) {
        return fail(ErrorCode::kInvalidGraph,
                    {"a node reads '", clip_name(graph_.values[id].name), "', which nothing produces"});
      }
    }
    return {};
  }

  Result<void> add_node(ParsedNode parsed) {
    Node& node = parsed.node;
    if (node.domain.starts_with("sluice.")) {
      return fail(ErrorCode::kUnsupportedOperator,
                  {node_label(graph_, node), " is of domain '", clip_name(node.domain), "', which no file may use"});
    }
    for (const std::string_view name : parsed.inputs) {
      const auto id = name.empty() ? Result<ValueId>(kNoValue) : refer(name);
      if (!id) return fail(id.error());
      node.inputs.push_back(*id);
    }
    for (const std::string_view name : parsed.outputs) {
      const auto id = name.empty() ? Result<ValueId>(kNoValue) : define(name, "output of a node");
      if (!id) return fail(id.error());
      node.outputs.push_back(*id);
    }
    if (node.op_type == "Constant" && node.domain.empty() && node.outputs.size() == 1 && node.outputs[0] != kNoValue) {
      auto tensor = constant_of(node, limits_);
      if (!tensor) return fail(tensor.error().code, {node_label(graph_, node), ": ", tensor.error().message});
      return keep(node.outputs[0], std::move(*tensor));
    }
    if (node.domain.empty()) {
      const bool input = lacks_first(node.inputs, node.op_type, kWithoutFirstInput);
      if (input || lacks_first(node.outputs, node.op_type, kWithoutFirstOutput)) {
        return fail(ErrorCode::kInvalidGraph, {node_label(graph_, node), " has no first ", input ? "input" : "output"});
      }
    }
    for (Tensor& tensor : parsed.tensors) {
      owned_bytes_ += tensor.view().bytes.size();
      graph_.owned_constants.push_back(std::move(tensor));
    }
    graph_.nodes.push_back(std::move(node));
    return within_total();
  }

  Result<void> read_outputs(protozero::data_view graph) {
    for (Message message(graph); message.next(GraphField::kOutput, kBlock);) {
      auto declared = read_declared(message.get_view());
      if (!declared) return fail(declared.error());
      const auto known = ids_.find(declared->name);
      if (known == ids_.end()) {
        return fail(ErrorCode::kInvalidGraph, {"the output '", clip_name(declared->name), "' is not made by any node"});
      }
      if (graph_.outputs.size() == limits_.max_values)
        return fail(ErrorCode::kModelTooLarge, "the model has too many outputs");
      graph_.values[known->second].declared_dims = std::move(declared->dims);
      graph_.outputs.push_back(known->second);
    }
    if (graph_.outputs.empty()) return fail(ErrorCode::kInvalidGraph, "the model has no outputs");
    return {};
  }

  Result<ValueId> refer(std::string_view name) {
    const auto [entry, fresh] = ids_.try_emplace(name, static_cast<ValueId>(graph_.values.size()));
    if (!fresh) return entry->second;
    if (graph_.values.size() >= limits_.max_values) {
      return fail(ErrorCode::kModelTooLarge, {"the model has more than max_values = ", limits_.max_values});
    }
    defined_.push_back(false);
    return graph_.add_value(std::string(name));
  }

  Result<ValueId> define(std::string_view name, std::string_view what) {
    if (name.empty()) return fail(ErrorCode::kMalformedModel, {"an ", what, " has no name"});
    auto id = refer(name);
    if (!id) return id;
    if (defined_[*id]) {
      return fail(ErrorCode::kInvalidGraph, {"'", clip_name(name), "' is defined twice, the second time as an ", what});
    }
    defined_[*id] = true;
    return id;
  }

  Result<void> keep(ValueId id, Tensor tensor) {
    owned_bytes_ += tensor.view().bytes.size();
    graph_.set_constant(id, std::move(tensor));
    return within_total();
  }

  Result<void> within_total() const {
    if (owned_bytes_ <= limits_.max_total_bytes) return {};
    return fail(ErrorCode::kModelTooLarge, {"the constants exceed max_total_bytes = ", limits_.max_total_bytes});
  }

  Bytes file_;
  const ModelLimits& limits_;
  std::size_t element_budget_;
  std::size_t owned_bytes_ = 0;
  Graph graph_;
  std::map<std::string_view, ValueId> ids_;  // keys borrow the file; ordered, so that no choice of names makes it slow
  std::vector<bool> defined_;                // by ValueId
};

}  // namespace

Result<Graph> read_onnx(Bytes onnx, const ModelLimits& limits) {
  try {
    return Reader(onnx, limits).read();
  } catch (const std::exception& error) {
    // protozero reports truncated and malformed protobuf by exceptions.
    return fail(ErrorCode::kMalformedModel, {"the bytes are not a whole ONNX model: ", error.what()});
  }
}

}  // namespace sluice::model
