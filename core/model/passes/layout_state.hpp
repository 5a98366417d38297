// What the layout pass knows while it walks a graph: in which layouts each value exists so far, and the nodes written so far.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/model/graph.hpp"

namespace sluice::model::passes {

// Position in [N, H, W, C] of each axis of [N, C, H, W].
inline constexpr std::array<std::int64_t, 4> kNhwcPosition = {0, 3, 1, 2};

class LayoutState {
 public:
  explicit LayoutState(Graph& graph);

  // The channels-last form of a value, with a Transpose (or a permuted constant) where there is none yet.
  // Precondition: can_be_nhwc(id).
  ValueId nhwc(ValueId id);
  // Makes sure that the value itself exists in ONNX's order, and returns it.
  ValueId nchw(ValueId id);
  // Whether the value exists channels-last already.
  bool has_nhwc(ValueId id) const { return id != kNoValue && nhwc_of_[id] != kNoValue; }
  // Whether the value is known to have four dimensions (or is channels-last already).
  bool can_be_nhwc(ValueId id) const;
  // A constant that broadcasts against [N, C, H, W], permuted to broadcast against [N, H, W, C]; constants of one element
  // stay. nullopt when it has more than four dimensions.
  std::optional<ValueId> nhwc_constant(ValueId id);

  // A new value that is the channels-last form of `id`, which is then made on demand only.
  ValueId new_nhwc(ValueId id);
  // Says that `nhwc` holds `id` channels-last, where both exist.
  void alias(ValueId id, ValueId nhwc) { nhwc_of_[id] = nhwc; }

  ValueId add_constant(std::string name, Tensor tensor);
  void emit(Node node) { nodes_.push_back(std::move(node)); }
  std::vector<Node> take_nodes() { return std::move(nodes_); }

 private:
  ValueId transpose(ValueId from, ValueId to, std::vector<std::int64_t> perm);
  const Node* dequantize_of(ValueId id) const;

  Graph& graph_;
  std::vector<Node> nodes_;
  std::vector<ValueId> nhwc_of_;
  std::vector<bool> exists_;        // in ONNX's order
  std::vector<std::size_t> maker_;  // in graph.nodes, as the pass found it
};

}  // namespace sluice::model::passes
