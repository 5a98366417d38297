#include "core/model/topological_order.hpp"

#include <cstddef>
#include <queue>
#include <utility>
#include <vector>

namespace sluice::model {
namespace {

std::vector<std::size_t> find_makers(const Graph& graph) {
  std::vector<std::size_t> makers(graph.values.size(), kNoNode);
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    for (const ValueId output : graph.nodes[index].outputs) {
      if (output != kNoValue) makers[output] = index;
    }
  }
  return makers;
}

}  // namespace

Result<void> sort_topologically(Graph& graph) {
  const std::vector<std::size_t> makers = find_makers(graph);
  const std::size_t count = graph.nodes.size();
  std::vector<std::vector<std::size_t>> readers(count);
  std::vector<std::size_t> waiting_for(count, 0);
  bool ordered = true;
  for (std::size_t index = 0; index < count; ++index) {
    for (const ValueId input : graph.nodes[index].inputs) {
      const std::size_t maker = input == kNoValue ? kNoNode : makers[input];
      if (maker == kNoNode) continue;
      readers[maker].push_back(index);
      ++waiting_for[index];
      ordered = ordered && maker < index;
    }
  }
  if (ordered) return {};

  // Kahn's algorithm; the smallest index first keeps the file's order where it can be kept.
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t index = 0; index < count; ++index) {
    if (waiting_for[index] == 0) ready.push(index);
  }
  std::vector<Node> sorted;
  sorted.reserve(count);
  while (!ready.empty()) {
    const std::size_t index = ready.top();
    ready.pop();
    sorted.push_back(std::move(graph.nodes[index]));
    for (const std::size_t reader : readers[index]) {
      if (--waiting_for[reader] == 0) ready.push(reader);
    }
  }
  if (sorted.size() != count) {
    for (std::size_t index = 0; index < count; ++index) {
      if (waiting_for[index] != 0) {
        return fail(ErrorCode::kInvalidGraph, {node_label(graph, graph.nodes[index]), " is on a cycle, or behind one"});
      }
    }
  }
  graph.nodes = std::move(sorted);
  return {};
}

}  // namespace sluice::model
