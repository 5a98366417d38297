#include "core/model/operator_lookup.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/base/edit_distance.hpp"

namespace sluice::model {
namespace {

// Operators that are often met and not supported, or not by the small set, with what a model can use in their place.
constexpr std::array<std::pair<std::string_view, std::string_view>, 30> kSubstitutes = {{
    {"ConvInteger", "Conv"},
    {"QLinearConv", "Conv"},
    {"DeformConv", "Conv"},
    {"QLinearMatMul", "MatMul"},
    {"MatMulInteger", "MatMul"},
    {"Einsum", "MatMul"},
    {"FusedMatMul", "MatMul"},
    {"QLinearAdd", "Add"},
    {"QLinearGlobalAveragePool", "GlobalAveragePool"},
    {"ReduceMean", "GlobalAveragePool"},
    {"LpPool", "AveragePool"},
    {"MaxUnpool", "Resize"},
    {"Upsample", "Resize"},
    {"GridSample", "Resize"},
    {"DynamicQuantizeLinear", "QuantizeLinear"},
    {"InstanceNormalization", "BatchNormalization"},
    {"GroupNormalization", "BatchNormalization"},
    {"LayerNormalization", "BatchNormalization"},
    {"LSTM", "Conv"},
    {"GRU", "Conv"},
    {"RNN", "Conv"},
    {"Swish", "HardSwish"},
    {"Mish", "HardSwish"},
    {"Gelu", "Sigmoid"},
    {"HardSwish", "Sigmoid"},
    {"Swish", "Sigmoid"},
    {"PRelu", "Relu"},
    {"LeakyRelu", "Relu"},
    {"Clip", "Relu"},
    {"Squeeze", "Reshape"},
}};

bool matches(const OperatorEntry& entry, std::string_view domain, std::string_view op_type, std::int64_t opset) {
  return entry.op_type == op_type && entry.domain == domain && entry.since_opset <= opset && opset <= entry.until_opset;
}

bool contains(OperatorSet operators, std::string_view op_type) {
  return std::ranges::find(operators, op_type, &OperatorEntry::op_type) != operators.end();
}

}  // namespace

std::vector<const OperatorEntry*> find_operators(OperatorSet operators, const Node& node, std::int64_t opset) {
  std::vector<const OperatorEntry*> found;
  for (const OperatorEntry& entry : operators) {
    if (matches(entry, node.domain, node.op_type, opset)) found.push_back(&entry);
  }
  return found;
}

bool has_operator(OperatorSet operators, std::string_view domain, std::string_view op_type, std::int64_t opset) {
  return std::ranges::any_of(operators,
                             [&](const OperatorEntry& entry) { return matches(entry, domain, op_type, opset); });
}

std::string_view nearest_operator(OperatorSet operators, std::string_view op_type) {
  if (contains(operators, op_type)) return op_type;
  for (const auto& [from, to] : kSubstitutes) {
    if (from == op_type && contains(operators, to)) return to;
  }
  // Names are cut so that a hostile one cannot make this slow.
  op_type = op_type.substr(0, 64);
  std::string_view nearest;
  std::size_t nearest_distance = std::numeric_limits<std::size_t>::max();
  for (const OperatorEntry& entry : operators) {
    if (entry.domain != kOnnxDomain) continue;
    const std::size_t distance = edit_distance(op_type, entry.op_type);
    if (distance < nearest_distance) {
      nearest_distance = distance;
      nearest = entry.op_type;
    }
  }
  return nearest;
}

Error unsupported_operator(OperatorSet operators, const Graph& graph, const Node& node, const std::string& reason) {
  std::string message = node_label(graph, node) + ": ";
  if (!reason.empty()) {
    message += reason;
  } else if (!node.domain.empty() && node.domain != kNhwcDomain) {
    message += join_text({"operators of domain '", clip_name(node.domain), "' are not supported"});
  } else if (contains(operators, node.op_type)) {
    message += join_text({"this form of ", node.op_type, " is not supported at opset ", graph.opset});
  } else {
    message += join_text({"the operator ", clip_name(node.op_type), " is not supported"});
  }
  const std::string_view nearest = nearest_operator(operators, node.op_type);
  if (!nearest.empty()) message += join_text({"; the nearest supported operator is ", nearest});
  return {ErrorCode::kUnsupportedOperator, std::move(message)};
}

}  // namespace sluice::model
