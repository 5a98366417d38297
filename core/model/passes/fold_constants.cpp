#include "core/model/passes/fold_constants.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/model/operator_lookup.hpp"
#include "core/model/passes/graph_edit.hpp"
#include "core/model/passes/shape_rules.hpp"

namespace sluice::model::passes {
namespace {

enum class Mode : std::uint8_t { kInfer, kFold, kFoldDequantize };

class Folder {
 public:
  Folder(Graph& graph, const PassContext& context, Mode mode)
      : graph_(graph), context_(context), mode_(mode), bytes_left_(context.limits.max_total_bytes) {}

  void run() {
    std::vector<bool> folded(graph_.nodes.size(), false);
    for (std::size_t index = 0; index < graph_.nodes.size(); ++index) {
      const Node& node = graph_.nodes[index];
      apply_type_rule(graph_, node);
      if (mode_ != Mode::kInfer) folded[index] = fold_shape_query(node) || fold_node(node);
      if (!folded[index] && !apply_shape_rule(graph_, node)) ask_kernel(node);
    }
    erase_nodes(graph_, folded);
  }

 private:
  // Shape and Size need no values, only a known shape.
  bool fold_shape_query(const Node& node) {
    if (!is_onnx(node, "Shape") && !is_onnx(node, "Size")) return false;
    if (node.inputs.size() != 1 || node.inputs[0] == kNoValue || node.outputs.size() != 1 ||
        node.outputs[0] == kNoValue) {
      return false;
    }
    const auto& shape = graph_.values[node.inputs[0]].shape;
    if (!shape) return false;
    std::vector<std::int64_t> result(shape->dims().begin(), shape->dims().end());
    Shape result_shape{};
    if (node.op_type == "Size") {
      const auto count = shape->element_count();
      if (!count) return false;
      result.assign(1, static_cast<std::int64_t>(*count));
    } else {
      const auto rank = static_cast<std::int64_t>(result.size());
      const auto position = [rank](std::int64_t p) { return std::clamp<std::int64_t>(p < 0 ? p + rank : p, 0, rank); };
      const std::int64_t start = position(node.int_or("start", 0));
      const std::int64_t end = std::max(position(node.int_or("end", rank)), start);
      result = {result.begin() + static_cast<std::ptrdiff_t>(start), result.begin() + static_cast<std::ptrdiff_t>(end)};
      result_shape = Shape{end - start};
    }
    const auto view = view_of<std::int64_t>(result, result_shape);
    auto tensor = view ? Tensor::copy_of(*view) : Result<Tensor>(fail(view.error()));
    if (!tensor) return false;
    graph_.set_constant(node.outputs[0], std::move(*tensor));
    return true;
  }

  bool fold_node(const Node& node) {
    if (node.domain != kOnnxDomain || node.outputs.empty() || node.inputs.empty()) return false;
    if (node.op_type == "DequantizeLinear" && mode_ != Mode::kFoldDequantize) return false;
    const auto known = [&](ValueId id) { return id == kNoValue || graph_.is_constant(id); };
    if (!std::ranges::all_of(node.inputs, known)) return false;
    const auto kernel = make_kernel(node);
    if (kernel == nullptr) return false;
    const auto inputs = input_views(node);
    std::vector<OutputSpec> specs(node.outputs.size());
    if (!kernel->reshape(inputs, specs)) return false;
    std::vector<Tensor> results(specs.size());
    std::vector<MutableTensorView> outputs(specs.size());
    for (std::size_t slot = 0; slot < specs.size(); ++slot) {
      if (node.outputs[slot] == kNoValue) continue;
      if (specs[slot].type == DataType::kUndefined) return false;
      const std::size_t limit = std::min(bytes_left_, context_.limits.max_tensor_bytes);
      auto result = Tensor::create(specs[slot].type, specs[slot].shape, limit);
      if (!result) return false;
      results[slot] = std::move(*result);
      outputs[slot] = results[slot].mutable_view();
      bytes_left_ -= outputs[slot].bytes.size();
    }
    if (!kernel->run(inputs, outputs)) return false;
    for (std::size_t slot = 0; slot < specs.size(); ++slot) {
      if (node.outputs[slot] != kNoValue) graph_.set_constant(node.outputs[slot], std::move(results[slot]));
    }
    return true;
  }

  // Shapes of outputs, from a kernel that is made for the question and thrown away.
  void ask_kernel(const Node& node) {
    if (node.domain != kOnnxDomain) return;
    const auto shaped = [&](ValueId id) { return id == kNoValue || graph_.values[id].shape.has_value(); };
    if (!std::ranges::all_of(node.inputs, shaped)) return;
    const auto kernel = make_kernel(node);
    if (kernel == nullptr) return;
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      const ValueId input = node.inputs[slot];
      if (input != kNoValue && !graph_.is_constant(input) && kernel->shape_depends_on_value_of(slot)) return;
    }
    std::vector<OutputSpec> specs(node.outputs.size());
    if (!kernel->reshape(input_views(node), specs)) return;
    for (std::size_t slot = 0; slot < specs.size(); ++slot) {
      if (node.outputs[slot] == kNoValue || specs[slot].type == DataType::kUndefined) continue;
      graph_.values[node.outputs[slot]].type = specs[slot].type;
      graph_.values[node.outputs[slot]].shape = specs[slot].shape;
    }
  }

  std::vector<TensorView> input_views(const Node& node) const {
    std::vector<TensorView> views;
    for (const ValueId input : node.inputs) {
      if (input == kNoValue) {
        views.push_back({});
      } else if (graph_.is_constant(input)) {
        views.push_back(*graph_.values[input].constant);
      } else {
        views.push_back({graph_.values[input].type, graph_.values[input].shape.value_or(Shape{}), {}});
      }
    }
    return views;
  }

  // Rows that pack constants are dear to make and cannot read constant activations.
  std::unique_ptr<Kernel> make_kernel(const Node& node) const {
    const KernelContext kernel_context{graph_, context_.threads, context_.limits.max_tensor_bytes};
    for (const OperatorEntry* row : find_operators(context_.operators, node, graph_.opset)) {
      if (row->packs_constants) continue;
      if (auto kernel = row->make(node, kernel_context)) return std::move(*kernel);
    }
    return nullptr;
  }

  Graph& graph_;
  const PassContext& context_;
  Mode mode_;
  std::size_t bytes_left_;  // for folded values, so that a small file cannot unfold into a large model
};

}  // namespace

void infer_shapes(Graph& graph, const PassContext& context) { Folder(graph, context, Mode::kInfer).run(); }

void fold_constants(Graph& graph, const PassContext& context, bool with_dequantize) {
  Folder(graph, context, with_dequantize ? Mode::kFoldDequantize : Mode::kFold).run();
}

}  // namespace sluice::model::passes
