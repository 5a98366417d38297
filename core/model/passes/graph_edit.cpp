#include "core/model/passes/graph_edit.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace sluice::model::passes {
namespace {}  // namespace

Uses::Uses(const Graph& graph)
    : makers_(graph.values.size(), kNoNode), readers_(graph.values.size()), is_output_(graph.values.size(), false) {
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    for (const ValueId input : graph.nodes[index].inputs) {
      if (input != kNoValue) readers_[input].push_back(index);
    }
    for (const ValueId output : graph.nodes[index].outputs) {
      if (output != kNoValue) makers_[output] = index;
    }
  }
  for (const ValueId output : graph.outputs) is_output_[output] = true;
}

std::optional<std::size_t> Uses::maker(ValueId id) const {
  if (id == kNoValue || id >= makers_.size() || makers_[id] == kNoNode) return std::nullopt;
  return makers_[id];
}

std::optional<std::size_t> Uses::only_reader(ValueId id) const {
  if (id == kNoValue || id >= readers_.size() || is_output_[id] || readers_[id].size() != 1) return std::nullopt;
  return readers_[id].front();
}

std::vector<ValueId> no_renames(const Graph& graph) {
  std::vector<ValueId> renamed(graph.values.size());
  std::iota(renamed.begin(), renamed.end(), ValueId{0});
  return renamed;
}

void rename_values(Graph& graph, std::vector<ValueId>& renamed) {
  const auto final_name = [&](ValueId id) {
    ValueId last = id;
    while (renamed[last] != last) last = renamed[last];
    while (renamed[id] != last) id = std::exchange(renamed[id], last);
    return last;
  };
  for (Node& node : graph.nodes) {
    for (ValueId& input : node.inputs) {
      if (input != kNoValue) input = final_name(input);
    }
  }
  for (ValueId& output : graph.outputs) output = final_name(output);
}

void remove_dead_nodes(Graph& graph) {
  std::vector<bool> read(graph.values.size(), false);
  for (const ValueId output : graph.outputs) read[output] = true;
  std::vector<bool> dead(graph.nodes.size(), false);
  for (std::size_t index = graph.nodes.size(); index-- > 0;) {
    const Node& node = graph.nodes[index];
    dead[index] = std::ranges::none_of(node.outputs, [&](ValueId id) { return id != kNoValue && read[id]; });
    if (dead[index]) continue;
    for (const ValueId input : node.inputs) {
      if (input != kNoValue) read[input] = true;
    }
  }
  erase_nodes(graph, dead);
}

void erase_nodes(Graph& graph, const std::vector<bool>& dead) {
  std::size_t kept = 0;
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    if (dead[index]) continue;
    if (kept != index) graph.nodes[kept] = std::move(graph.nodes[index]);
    ++kept;
  }
  graph.nodes.resize(kept);
}

}  // namespace sluice::model::passes
