#include "core/model/passes/layout.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/model/operator_lookup.hpp"
#include "core/model/passes/batch_norm.hpp"
#include "core/model/passes/constant_source.hpp"
#include "core/model/passes/graph_edit.hpp"
#include "core/model/passes/image_forms.hpp"
#include "core/model/passes/layout_axes.hpp"
#include "core/model/passes/layout_state.hpp"

namespace sluice::model::passes {
namespace {

constexpr std::array<std::string_view, 34> kElementwise = {"Relu",
                                                           "Clip",
                                                           "Sigmoid",
                                                           "Tanh",
                                                           "LeakyRelu",
                                                           "Elu",
                                                           "HardSigmoid",
                                                           "HardSwish",
                                                           "Exp",
                                                           "Log",
                                                           "Sqrt",
                                                           "Abs",
                                                           "Neg",
                                                           "Floor",
                                                           "Ceil",
                                                           "Round",
                                                           "Erf",
                                                           "Selu",
                                                           "Celu",
                                                           "Softplus",
                                                           "Softsign",
                                                           "Reciprocal",
                                                           "Sin",
                                                           "Cos",
                                                           "Sign",
                                                           "Not",
                                                           "Cast",
                                                           "Identity",
                                                           "Gelu",
                                                           "Mish",
                                                           "ThresholdedRelu",
                                                           "IsNaN",
                                                           "IsInf",
                                                           "Tan"};
constexpr std::array<std::string_view, 17> kBroadcasting = {
    "Add",         "Sub",   "Mul",  "Div",   "Pow",     "PRelu", "Max",
    "Min",         "Sum",   "Mean", "Equal", "Greater", "Less",  "GreaterOrEqual",
    "LessOrEqual", "Where", "Mod"};

class Layout {
 public:
  Layout(Graph& graph, const PassContext& context, const LayoutRules& rules)
      : graph_(graph), context_(context), rules_(rules), uses_(graph), state_(graph) {}

  void run() {
    for (std::size_t index = 0; index < graph_.nodes.size(); ++index) {
      const Node& node = graph_.nodes[index];
      if (node.domain != kOnnxDomain || node.inputs.empty() || node.outputs.empty() || !convert(node)) keep(node);
    }
    for (ValueId& output : graph_.outputs) output = state_.nchw(output);
    graph_.nodes = state_.take_nodes();
    remove_dead_nodes(graph_);
  }

 private:
  bool convert(const Node& node) {
    if (node.inputs[0] == kNoValue || node.outputs[0] == kNoValue) return false;
    if (node.op_type == "Transpose") return convert_transpose(node);
    if (is_image_operator(node)) return convert_image_operator(node);
    if (node.op_type == "Resize" || node.op_type == "Upsample") return convert_resize(node);
    if (is_one_of(kBroadcasting, node.op_type)) return convert_broadcasting(node);
    if (node.op_type == "Concat") return convert_concat(node);
    if (!state_.has_nhwc(node.inputs[0])) return false;
    if (is_one_of(kElementwise, node.op_type)) return convert_simply(node);
    if (node.op_type == "BatchNormalization") return convert_batch_norm(node);
    if (node.op_type == "QuantizeLinear" || node.op_type == "DequantizeLinear") {
      return constant_scalar<float>(graph_, input_or_none(node, 1)) && convert_simply(node);
    }
    return convert_remapped(node);
  }

  // As the node stands, on values in ONNX's order.
  void keep(const Node& node) {
    for (const ValueId input : node.inputs) state_.nchw(input);
    state_.emit(node);
  }

  // The same node with its first input and its output channels-last.
  bool convert_simply(const Node& node) {
    if (node.outputs.size() != 1) return false;
    Node copy = node;
    copy.inputs[0] = state_.nhwc(node.inputs[0]);
    copy.outputs[0] = state_.new_nhwc(node.outputs[0]);
    state_.emit(std::move(copy));
    return true;
  }

  bool convert_image_operator(const Node& node) {
    // A convolution's weights and a pool's window say that there are four dimensions; a global pool says nothing.
    const bool global = node.op_type == "GlobalAveragePool" || node.op_type == "GlobalMaxPool";
    if (global && !state_.can_be_nhwc(node.inputs[0])) return false;
    auto form = image_form(graph_, uses_, node);
    if (!form || !has_operator(context_.operators, kNhwcDomain, form->op_type, graph_.opset)) return false;
    form->inputs[0] = state_.nhwc(node.inputs[0]);
    form->outputs[0] = state_.new_nhwc(node.outputs[0]);
    state_.emit(std::move(*form));
    return true;
  }

  bool convert_resize(const Node& node) {
    if (rules_.resize == nullptr || !state_.can_be_nhwc(node.inputs[0])) return false;
    auto form = rules_.resize(graph_, node);
    if (!form || !has_operator(context_.operators, kNhwcDomain, form->op_type, graph_.opset)) return false;
    form->inputs[0] = state_.nhwc(node.inputs[0]);
    form->outputs[0] = state_.new_nhwc(node.outputs[0]);
    state_.emit(std::move(*form));
    return true;
  }

  // A depthwise 1x1 convolution is the same map, and takes an activation along.
  bool convert_batch_norm(const Node& node) {
    const auto affine = channel_affine_of(graph_, node);
    if (!affine || !has_operator(context_.operators, kNhwcDomain, "Conv", graph_.opset)) return false;
    const auto channels = static_cast<std::int64_t>(affine->scale.size());
    const auto scale = view_of<float>(affine->scale, Shape{channels, 1, 1, 1});
    const auto shift = view_of<float>(affine->shift, Shape{channels});
    auto weights = scale ? Tensor::copy_of(*scale) : Result<Tensor>(fail(scale.error()));
    auto bias = shift ? Tensor::copy_of(*shift) : Result<Tensor>(fail(shift.error()));
    if (!weights || !bias || channels == 0) return false;
    Node conv;
    conv.name = node.name;
    conv.op_type = "Conv";
    conv.domain = kNhwcDomain;
    conv.set("group", channels);
    conv.inputs = {state_.nhwc(node.inputs[0]), state_.add_constant(node.name + "/scale", std::move(*weights)),
                   state_.add_constant(node.name + "/shift", std::move(*bias))};
    conv.outputs = {state_.new_nhwc(node.outputs[0])};
    state_.emit(std::move(conv));
    return true;
  }

  bool convert_broadcasting(const Node& node) {
    const auto has_nhwc = [&](ValueId id) { return id != kNoValue && !graph_.is_constant(id) && state_.has_nhwc(id); };
    if (node.outputs.size() != 1 || std::ranges::none_of(node.inputs, has_nhwc)) return false;
    const auto fits = [&](ValueId id) {
      if (id == kNoValue) return false;
      if (graph_.is_constant(id)) return graph_.values[id].constant->shape.rank() <= 4;
      return state_.can_be_nhwc(id) || is_single(id);
    };
    if (!std::ranges::all_of(node.inputs, fits)) return false;
    Node copy = node;
    for (ValueId& input : copy.inputs) {
      if (graph_.is_constant(input)) {
        const auto constant = state_.nhwc_constant(input);
        if (!constant) return false;
        input = *constant;
      } else {
        input = state_.can_be_nhwc(input) ? state_.nhwc(input) : state_.nchw(input);
      }
    }
    copy.outputs[0] = state_.new_nhwc(node.outputs[0]);
    state_.emit(std::move(copy));
    return true;
  }

  bool is_single(ValueId id) const {
    const auto& shape = graph_.values[id].shape;
    return shape && shape->rank() <= 4 && shape->element_count() == std::size_t{1};
  }

  bool convert_concat(const Node& node) {
    const auto has_nhwc = [&](ValueId id) { return state_.has_nhwc(id); };
    const auto fits = [&](ValueId id) { return state_.can_be_nhwc(id); };
    if (std::ranges::none_of(node.inputs, has_nhwc) || !std::ranges::all_of(node.inputs, fits)) return false;
    const auto axis = nhwc_axis(node.int_or("axis", 1));
    if (!axis) return false;
    Node copy = node;
    copy.set("axis", *axis);
    for (ValueId& input : copy.inputs) input = state_.nhwc(input);
    copy.outputs[0] = state_.new_nhwc(node.outputs[0]);
    state_.emit(std::move(copy));
    return true;
  }

  bool convert_remapped(const Node& node) {
    auto remapped = rules_.remap != nullptr ? rules_.remap(graph_, node) : std::nullopt;
    if (!remapped) return false;
    for (auto& [slot, tensor] : remapped->constants) {
      remapped->node.inputs.resize(std::max(remapped->node.inputs.size(), slot + 1), kNoValue);
      remapped->node.inputs[slot] = state_.add_constant(node.name + "/axes", std::move(tensor));
    }
    remapped->node.inputs[0] = state_.nhwc(node.inputs[0]);
    if (remapped->output_is_nhwc) {
      for (std::size_t slot = 0; slot < node.outputs.size(); ++slot) {
        if (node.outputs[slot] != kNoValue) remapped->node.outputs[slot] = state_.new_nhwc(node.outputs[slot]);
      }
    }
    state_.emit(std::move(remapped->node));
    return true;
  }

  bool convert_transpose(const Node& node) {
    const auto perm = node.ints_or("perm", {});
    if (perm.size() != 4) return false;
    if (!state_.has_nhwc(node.inputs[0])) {
      // The model itself goes from channels-last to ONNX's order: both forms exist from here on.
      if (perm == std::vector<std::int64_t>{0, 3, 1, 2}) {
        keep(node);
        state_.alias(node.outputs[0], node.inputs[0]);
        return true;
      }
      return false;
    }
    Node copy = node;
    std::vector<std::int64_t> composed;
    for (const std::int64_t axis : perm) {
      if (axis < 0 || axis > 3) return false;
      composed.push_back(kNhwcPosition[static_cast<std::size_t>(axis)]);
    }
    copy.inputs[0] = state_.nhwc(node.inputs[0]);
    copy.set("perm", std::move(composed));
    state_.emit(std::move(copy));
    return true;
  }

  Graph& graph_;
  const PassContext& context_;
  const LayoutRules& rules_;
  Uses uses_;
  LayoutState state_;
};

}  // namespace

void use_channels_last(Graph& graph, const PassContext& context, const LayoutRules& rules) {
  Layout(graph, context, rules).run();
}

}  // namespace sluice::model::passes
