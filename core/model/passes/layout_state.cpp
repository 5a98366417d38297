#include "core/model/passes/layout_state.hpp"

#include <string>
#include <utility>

#include "core/model/passes/graph_edit.hpp"
#include "core/model/passes/permute_constant.hpp"

namespace sluice::model::passes {
namespace {

constexpr std::array<std::int64_t, 4> kToNhwc = {0, 2, 3, 1};
constexpr std::array<std::int64_t, 4> kToNchw = {0, 3, 1, 2};

std::optional<Shape> permuted_shape(const std::optional<Shape>& shape, std::span<const std::int64_t> perm) {
  if (!shape || shape->rank() != perm.size()) return std::nullopt;
  std::array<std::int64_t, 4> dims{};
  for (std::size_t axis = 0; axis < 4; ++axis) dims[axis] = (*shape)[static_cast<std::size_t>(perm[axis])];
  return Shape::make(dims);
}

}  // namespace

LayoutState::LayoutState(Graph& graph)
    : graph_(graph),
      nhwc_of_(graph.values.size(), kNoValue),
      exists_(graph.values.size(), true),
      maker_(graph.values.size(), kNoNode) {
  for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
    for (const ValueId output : graph.nodes[index].outputs) {
      if (output != kNoValue) maker_[output] = index;
    }
  }
}

bool LayoutState::can_be_nhwc(ValueId id) const {
  if (id == kNoValue) return false;
  return has_nhwc(id) || (graph_.values[id].shape && graph_.values[id].shape->rank() == 4);
}

const Node* LayoutState::dequantize_of(ValueId id) const {
  if (id >= maker_.size() || maker_[id] == kNoNode) return nullptr;
  const Node& node = graph_.nodes[maker_[id]];
  const bool per_tensor = is_onnx(node, "DequantizeLinear") && constant_scalar<float>(graph_, input_or_none(node, 1));
  return per_tensor ? &node : nullptr;
}

ValueId LayoutState::nhwc(ValueId id) {
  if (has_nhwc(id)) return nhwc_of_[id];
  if (graph_.is_constant(id)) {
    if (const auto constant = nhwc_constant(id)) return nhwc_of_[id] = *constant;
  }
  // The integers are turned around, so that the DequantizeLinear stays beside its readers and can be fused with them.
  if (const Node* dequantize = dequantize_of(id)) {
    Node copy = *dequantize;
    copy.inputs[0] = nhwc(copy.inputs[0]);
    copy.outputs[0] = new_nhwc(id);
    exists_[id] = true;
    emit(std::move(copy));
    return nhwc_of_[id];
  }
  const ValueId result = new_nhwc(id);
  exists_[id] = true;
  return transpose(id, result, {kToNhwc.begin(), kToNhwc.end()});
}

ValueId LayoutState::nchw(ValueId id) {
  if (id == kNoValue || exists_[id]) return id;
  exists_[id] = true;
  return transpose(nhwc_of_[id], id, {kToNchw.begin(), kToNchw.end()});
}

std::optional<ValueId> LayoutState::nhwc_constant(ValueId id) {
  const TensorView source = *graph_.values[id].constant;
  if (source.shape.element_count() == std::size_t{1} && source.shape.rank() <= 4) return id;
  if (source.shape.rank() > 4) return std::nullopt;
  std::array<std::int64_t, 4> dims{1, 1, 1, 1};
  const std::size_t missing = 4 - source.shape.rank();
  for (std::size_t axis = 0; axis < source.shape.rank(); ++axis) dims[axis + missing] = source.shape[axis];
  const auto shape = Shape::make(dims);
  auto tensor = shape ? permuted({source.type, *shape, source.bytes}, kToNhwc) : Result<Tensor>(Tensor{});
  if (!shape || !tensor) return std::nullopt;
  return add_constant(graph_.values[id].name + "/nhwc", std::move(*tensor));
}

ValueId LayoutState::add_constant(std::string name, Tensor tensor) {
  nhwc_of_.push_back(kNoValue);
  exists_.push_back(true);
  return graph_.add_constant(std::move(name), std::move(tensor));
}

ValueId LayoutState::new_nhwc(ValueId id) {
  const ValueId result = graph_.add_value(graph_.values[id].name + "/nhwc");
  graph_.values[result].type = graph_.values[id].type;
  graph_.values[result].shape = permuted_shape(graph_.values[id].shape, kToNhwc);
  nhwc_of_.push_back(kNoValue);
  exists_.push_back(true);
  nhwc_of_[id] = result;
  exists_[id] = false;
  return result;
}

ValueId LayoutState::transpose(ValueId from, ValueId to, std::vector<std::int64_t> perm) {
  Node node;
  node.name = graph_.values[to].name + "/layout";
  node.op_type = "Transpose";
  node.inputs = {from};
  node.outputs = {to};
  node.set("perm", std::move(perm));
  emit(std::move(node));
  return to;
}

}  // namespace sluice::model::passes
