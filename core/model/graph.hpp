// A model as a graph: values (tensors that flow or are constant) and nodes (operators) in an order that can be executed.
// The reader makes it from ONNX, passes rewrite it, the runner executes it. Constants borrow the ONNX bytes where they can
// (zero-copy) and are otherwise owned by `owned_constants`; the ONNX bytes must outlive the graph.
// Plain data, not synchronised.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/tensor/tensor.hpp"

namespace sluice::model {

// Index into Graph::values. kNoValue stands for an optional input or output that is left out.
using ValueId = std::uint32_t;
inline constexpr ValueId kNoValue = 0xffffffffU;
// Index into Graph::nodes that stands for none.
inline constexpr std::size_t kNoNode = static_cast<std::size_t>(-1);

// Domains of operators: ONNX's own ("" and "ai.onnx" are both kOnnxDomain after reading), and ours, which only passes
// produce: operators on channels-last tensors (kNhwcDomain).
inline constexpr std::string_view kOnnxDomain = "";
inline constexpr std::string_view kNhwcDomain = "sluice.nhwc";

using AttributeValue = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>,
                                    std::vector<std::string>, TensorView>;

struct Attribute {
  std::string name;
  AttributeValue value;
};

struct Node {
  std::string name;     // may be empty
  std::string op_type;  // "Conv"
  std::string domain;   // kOnnxDomain or kNhwcDomain
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<Attribute> attributes;

  const Attribute* find(std::string_view attribute) const;
  // The attribute of that name, or `fallback` when it is absent or of another type.
  std::int64_t int_or(std::string_view attribute, std::int64_t fallback) const;
  float float_or(std::string_view attribute, float fallback) const;
  std::string_view string_or(std::string_view attribute, std::string_view fallback) const;
  std::vector<std::int64_t> ints_or(std::string_view attribute, std::vector<std::int64_t> fallback) const;

  // Adds the attribute or replaces its value.
  void set(std::string_view attribute, AttributeValue value);
};

// A name from a file as messages show it: cut after kMaxShownName bytes.
inline constexpr std::size_t kMaxShownName = 120;
std::string clip_name(std::string_view name);

// "Conv node 'stem/conv'" (or the first output's name where the node has none), for messages.
struct Graph;
std::string node_label(const Graph& graph, const Node& node);

struct Value {
  std::string name;
  DataType type = DataType::kUndefined;     // kUndefined until known
  std::optional<Shape> shape;               // nullopt until known
  std::optional<TensorView> constant;       // initialisers and folded constants
  std::vector<std::int64_t> declared_dims;  // of the graph's inputs and outputs; -1 where the model leaves one open
};

struct Graph {
  std::int64_t opset = 0;  // of kOnnxDomain
  std::vector<Value> values;
  std::vector<Node> nodes;      // topologically ordered
  std::vector<ValueId> inputs;  // without initialisers
  std::vector<ValueId> outputs;
  std::deque<Tensor> owned_constants;  // deque: views into it stay valid as it grows

  ValueId add_value(std::string name);
  ValueId add_constant(std::string name, Tensor tensor);
  // Makes an existing value a constant that the graph owns.
  void set_constant(ValueId id, Tensor tensor);
  bool is_constant(ValueId id) const { return id != kNoValue && values[id].constant.has_value(); }
};

}  // namespace sluice::model
