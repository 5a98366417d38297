// Small tools that passes share: who makes and reads each value, renaming, removing what nothing reads, reading constants.
// A Uses describes the graph at the moment it is made.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/model/graph.hpp"

namespace sluice::model::passes {

// Whether an operator's type is in a list of them.
inline bool is_one_of(std::span<const std::string_view> names, std::string_view op_type) {
  return std::ranges::find(names, op_type) != names.end();
}

class Uses {
 public:
  explicit Uses(const Graph& graph);

  // Index of the node that makes the value; nullopt for inputs, constants and kNoValue.
  std::optional<std::size_t> maker(ValueId id) const;
  // The only node that reads the value, if there is one and the value is no output of the graph.
  std::optional<std::size_t> only_reader(ValueId id) const;
  bool is_graph_output(ValueId id) const { return is_output_[id]; }
  const std::vector<std::size_t>& readers(ValueId id) const { return readers_[id]; }

 private:
  std::vector<std::size_t> makers_;
  std::vector<std::vector<std::size_t>> readers_;
  std::vector<bool> is_output_;
};

// Renames values: every use of a value v with renamed[v] != v becomes a use of renamed[v], chains followed.
void rename_values(Graph& graph, std::vector<ValueId>& renamed);

// The identity, for rename_values().
std::vector<ValueId> no_renames(const Graph& graph);

// Removes the nodes none of whose outputs is read by a node or is an output of the graph.
void remove_dead_nodes(Graph& graph);

// Removes the nodes marked in `dead`.
void erase_nodes(Graph& graph, const std::vector<bool>& dead);

// The elements of a constant of that type; nullopt when the value is no such constant.
template <typename T>
std::optional<std::span<const T>> constant_elements(const Graph& graph, ValueId id) {
  if (!graph.is_constant(id) || graph.values[id].constant->type != data_type_of<T>) return std::nullopt;
  return graph.values[id].constant->as<T>();
}

// The one element of a constant of that type with a single element.
template <typename T>
std::optional<T> constant_scalar(const Graph& graph, ValueId id) {
  const auto elements = constant_elements<T>(graph, id);
  if (!elements || elements->size() != 1) return std::nullopt;
  return elements->front();
}

inline bool is_onnx(const Node& node, std::string_view op_type) {
  return node.op_type == op_type && node.domain == kOnnxDomain;
}
inline bool is_nhwc(const Node& node, std::string_view op_type) {
  return node.op_type == op_type && node.domain == kNhwcDomain;
}

inline ValueId input_or_none(const Node& node, std::size_t slot) {
  return slot < node.inputs.size() ? node.inputs[slot] : kNoValue;
}

}  // namespace sluice::model::passes
