#include "core/model/passes/fuse_quantization.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/model/operator_lookup.hpp"
#include "core/model/passes/graph_edit.hpp"
#include "core/model/passes/quantized_values.hpp"

namespace sluice::model::passes {
namespace {

// Operators that move elements of one input and change none.
constexpr std::array<std::string_view, 7> kMovesElements = {"Reshape",   "Flatten", "Transpose", "Squeeze",
                                                            "Unsqueeze", "Slice",   "Identity"};
constexpr double kInt32Max = std::numeric_limits<std::int32_t>::max();

class Fusion {
 public:
  Fusion(Graph& graph, const PassContext& context) : graph_(graph), context_(context), uses_(graph) {}

  void run() {
    for (Node& node : graph_.nodes) {
      if (!is_onnx(node, "QuantizeLinear")) continue;
      const auto output = quantization_of(graph_, node);
      const auto maker = uses_.maker(node.inputs[0]);
      if (!output || !maker || !uses_.only_reader(node.inputs[0])) continue;
      auto fused = fuse(graph_.nodes[*maker], *output);
      if (!fused) continue;
      fused->outputs = node.outputs;
      fused->name = graph_.nodes[*maker].name;
      node = std::move(*fused);
    }
    remove_dead_nodes(graph_);
  }

 private:
  std::optional<Node> fuse(const Node& node, const Quantization& output) {
    if (is_nhwc(node, "Conv")) return fuse_weighted(node, output, "QuantizedConv", 0);
    if (is_nhwc(node, "FullyConnected")) {
      return fuse_weighted(node, output, "QuantizedFullyConnected", node.int_or("transB", 0) != 0 ? 0 : 1);
    }
    if (is_onnx(node, "Add")) return fuse_add(node, output);
    if (is_nhwc(node, "GlobalAveragePool")) return fuse_global_pool(node, output);
    return moves_elements(node) ? fuse_move(node, output) : std::nullopt;
  }

  bool available(std::string_view op_type) const {
    return has_operator(context_.operators, kNhwcDomain, op_type, graph_.opset);
  }

  static void set_quantization(Node& node, const std::string& prefix, const Quantization& quantization) {
    node.set(prefix + "_scale", quantization.scale);
    node.set(prefix + "_zero_point", static_cast<std::int64_t>(quantization.zero_point));
  }

  static std::int64_t quantize(float bound, const Quantization& quantization) {
    const double scaled =
        static_cast<double>(bound) / static_cast<double>(quantization.scale) + quantization.zero_point;
    return static_cast<std::int64_t>(std::nearbyint(std::clamp(scaled, -128.0, 127.0)));
  }

  std::optional<Node> fuse_weighted(const Node& node, const Quantization& output, std::string_view op_type,
                                    std::int64_t channel_axis) {
    const auto input = quantized_input(graph_, uses_, node.inputs[0]);
    const auto weights = quantized_weights(graph_, uses_, node.inputs[1], channel_axis);
    if (!available(op_type) || !input || !weights) return std::nullopt;
    for (const float scale : weights->scales) {
      // The range of XNNPACK's requantisation.
      const float requantized = input->quantization.scale * scale / output.scale;
      if (!(requantized >= 0x1.0p-32F && requantized < 256.0F)) return std::nullopt;
    }
    Node fused = node;
    fused.op_type = op_type;
    fused.inputs = {input->integers, weights->integers};
    if (const ValueId bias = input_or_none(node, 2); bias != kNoValue) {
      const auto integers = quantized_bias(bias, input->quantization.scale, weights->scales);
      if (!integers) return std::nullopt;
      fused.inputs.push_back(*integers);
    }
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const std::int64_t lower = quantize(node.float_or("activation_min", -kInfinity), output);
    const std::int64_t upper = quantize(node.float_or("activation_max", kInfinity), output);
    if (lower >= upper) return std::nullopt;
    set_quantization(fused, "input", input->quantization);
    set_quantization(fused, "output", output);
    fused.set("weight_scales", weights->scales);
    fused.set("output_min", lower);
    fused.set("output_max", upper);
    return fused;
  }

  // In units of input scale times weight scale, as int32.
  std::optional<ValueId> quantized_bias(ValueId bias, float input_scale, const std::vector<float>& weight_scales) {
    const auto values = bias_values(graph_, uses_, bias);
    if (!values || (weight_scales.size() != 1 && weight_scales.size() != values->size())) return std::nullopt;
    auto tensor = Tensor::create(DataType::kInt32, Shape{static_cast<std::int64_t>(values->size())});
    if (!tensor) return std::nullopt;
    for (std::size_t i = 0; i < values->size(); ++i) {
      const double unit =
          static_cast<double>(input_scale) * static_cast<double>(weight_scales[weight_scales.size() == 1 ? 0 : i]);
      const double integer = std::nearbyint((*values)[i] / unit);
      if (!(std::abs(integer) <= kInt32Max)) return std::nullopt;
      tensor->as<std::int32_t>()[i] = static_cast<std::int32_t>(integer);
    }
    return graph_.add_constant(graph_.values[bias].name + "/int32", std::move(*tensor));
  }

  std::optional<Node> fuse_add(const Node& node, const Quantization& output) {
    if (!available("QuantizedAdd") || node.inputs.size() != 2) return std::nullopt;
    const auto a = quantized_input(graph_, uses_, node.inputs[0]);
    const auto b = quantized_input(graph_, uses_, node.inputs[1]);
    if (!a || !b) return std::nullopt;
    for (const auto& input : {*a, *b}) {
      // The range of XNNPACK's int8 addition.
      const float ratio = input.quantization.scale / output.scale;
      if (!(ratio >= 0x1.0p-10F && ratio < 256.0F)) return std::nullopt;
    }
    Node fused = node;
    fused.op_type = "QuantizedAdd";
    fused.domain = kNhwcDomain;
    fused.inputs = {a->integers, b->integers};
    set_quantization(fused, "a", a->quantization);
    set_quantization(fused, "b", b->quantization);
    set_quantization(fused, "output", output);
    return fused;
  }

  std::optional<Node> fuse_global_pool(const Node& node, const Quantization& output) {
    const auto input = quantized_input(graph_, uses_, node.inputs[0]);
    if (!available("QuantizedGlobalAveragePool") || !input) return std::nullopt;
    Node fused = node;
    fused.op_type = "QuantizedGlobalAveragePool";
    fused.inputs = {input->integers};
    set_quantization(fused, "input", input->quantization);
    set_quantization(fused, "output", output);
    return fused;
  }

  bool moves_elements(const Node& node) const {
    if (is_nhwc(node, "MaxPool")) {
      return node.find("activation_min") == nullptr && node.find("activation_max") == nullptr;
    }
    return node.domain == kOnnxDomain && std::ranges::find(kMovesElements, node.op_type) != kMovesElements.end();
  }

  // A chain of such operators between equal quantisations runs on the integers themselves.
  std::optional<Node> fuse_move(const Node& last, const Quantization& output) {
    std::vector<std::size_t> chain;  // indices of the nodes before `last`, from it upwards
    const Node* first = &last;
    while (const auto maker = uses_.maker(first->inputs[0])) {
      if (!moves_elements(graph_.nodes[*maker]) || !uses_.only_reader(first->inputs[0])) break;
      chain.push_back(*maker);
      first = &graph_.nodes[*maker];
    }
    const auto input = quantized_input(graph_, uses_, first->inputs[0]);
    if (!input || !(input->quantization == output)) return std::nullopt;
    Node moved = last;
    if (chain.empty()) {
      moved.inputs[0] = input->integers;
    } else {
      graph_.nodes[chain.back()].inputs[0] = input->integers;
    }
    for (const std::size_t index : chain) graph_.values[graph_.nodes[index].outputs[0]].type = DataType::kInt8;
    return moved;
  }

  Graph& graph_;
  const PassContext& context_;
  Uses uses_;
};

}  // namespace

void fuse_quantization(Graph& graph, const PassContext& context) { Fusion(graph, context).run(); }

}  // namespace sluice::model::passes
