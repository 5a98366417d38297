#include "core/model/passes/shift_to_signed.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/model/passes/graph_edit.hpp"

namespace sluice::model::passes {
namespace {

std::optional<Tensor> shifted(const TensorView& source) {
  auto tensor = Tensor::create(DataType::kInt8, source.shape);
  if (!tensor) return std::nullopt;
  std::ranges::transform(source.as<std::uint8_t>(), tensor->as<std::int8_t>().begin(),
                         [](std::uint8_t value) { return static_cast<std::int8_t>(value - 128); });
  return std::move(*tensor);
}

class Shift {
 public:
  explicit Shift(Graph& graph) : graph_(graph), uses_(graph) {}

  void run() {
    const std::size_t count = graph_.values.size();
    for (ValueId id = 0; id < count; ++id) {
      if (graph_.values[id].type == DataType::kUint8 && can_shift(id)) shift(id);
    }
  }

 private:
  // Readers that are all DequantizeLinear with a constant zero point, and a maker that is a QuantizeLinear with one.
  bool can_shift(ValueId id) const {
    if (uses_.is_graph_output(id) || uses_.readers(id).empty()) return false;
    for (const std::size_t reader : uses_.readers(id)) {
      const Node& node = graph_.nodes[reader];
      if (!is_onnx(node, "DequantizeLinear") || node.inputs[0] != id || !zero_point_can_shift(node)) return false;
      if (std::ranges::count(node.inputs, id) != 1) return false;
    }
    if (graph_.is_constant(id)) return true;
    const auto maker = uses_.maker(id);
    if (!maker) return false;
    const Node& node = graph_.nodes[*maker];
    return is_onnx(node, "QuantizeLinear") && node.int_or("output_dtype", 0) == 0 && zero_point_can_shift(node);
  }

  bool zero_point_can_shift(const Node& node) const {
    const ValueId zero_point = input_or_none(node, 2);
    if (zero_point == kNoValue) return constant_scalar<float>(graph_, input_or_none(node, 1)).has_value();
    return constant_elements<std::uint8_t>(graph_, zero_point).has_value();
  }

  void shift(ValueId id) {
    if (graph_.is_constant(id)) {
      auto tensor = shifted(*graph_.values[id].constant);
      if (!tensor) return;
      graph_.set_constant(id, std::move(*tensor));
    } else {
      shift_zero_point(graph_.nodes[*uses_.maker(id)]);
      graph_.values[id].type = DataType::kInt8;
    }
    for (const std::size_t reader : uses_.readers(id)) shift_zero_point(graph_.nodes[reader]);
  }

  void shift_zero_point(Node& node) {
    node.inputs.resize(3, kNoValue);
    const std::uint8_t zero = 0;
    const TensorView none{DataType::kUint8, Shape{}, std::as_bytes(std::span(&zero, 1))};
    auto tensor = shifted(node.inputs[2] == kNoValue ? none : *graph_.values[node.inputs[2]].constant);
    if (tensor) node.inputs[2] = graph_.add_constant("zero_point/signed", std::move(*tensor));
  }

  Graph& graph_;
  Uses uses_;
};

}  // namespace

void shift_to_signed(Graph& graph) { Shift(graph).run(); }

}  // namespace sluice::model::passes
