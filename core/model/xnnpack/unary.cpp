// Elementwise operators on one tensor: float32 activations and functions under ONNX's names, and the conversions between
// float32 and int8 (QuantizeLinear, DequantizeLinear with one scale).
#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/operator.hpp"

namespace sluice::model::xnnpack {
namespace {

class Unary final : public Kernel {
 public:
  Unary(DataType input, DataType output, Operator op, const KernelContext& context)
      : input_(input),
        output_(output),
        operator_(std::move(op)),
        threads_(context.threads),
        memory_limit_bytes_(context.memory_limit_bytes) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    if (inputs[0].type != input_) {
      return fail(ErrorCode::kUnsupportedType, {"the input is not ", type_name(input_)});
    }
    const auto size = dense_size(DataType::kFloat32, inputs[0].shape, memory_limit_bytes_);
    if (!size) return fail(size.error());
    outputs[0] = {output_, inputs[0].shape};
    count_ = *size / sizeof(float);
    if (count_ == 0) return {};
    return check(xnn_reshape_unary_elementwise_nc(operator_.get(), 1, count_, count_, count_, threads_), "reshape");
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    if (count_ == 0) return {};
    const auto status =
        xnn_setup_unary_elementwise_nc(operator_.get(), inputs[0].bytes.data(), outputs[0].bytes.data());
    if (auto ready = check(status, "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

 private:
  DataType input_;
  DataType output_;
  Operator operator_;
  pthreadpool* threads_;
  std::size_t memory_limit_bytes_;
  std::size_t count_ = 0;
};

struct UnaryOperator {
  xnn_unary_operator type = xnn_unary_invalid;
  xnn_unary_params params{};
};

std::optional<float> clip_bound(const Node& node, const Graph& graph, std::size_t slot, std::string_view name,
                                float open) {
  if (slot >= node.inputs.size() || node.inputs[slot] == kNoValue) return node.float_or(name, open);
  if (!graph.is_constant(node.inputs[slot])) return std::nullopt;
  const TensorView& bound = *graph.values[node.inputs[slot]].constant;
  if (bound.type != DataType::kFloat32 || bound.as<float>().size() != 1) return std::nullopt;
  return bound.as<float>().front();
}

std::optional<UnaryOperator> unary_operator(const Node& node, const Graph& graph) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr std::array<std::pair<std::string_view, xnn_unary_operator>, 9> kPlain = {{
      {"Sigmoid", xnn_unary_sigmoid},
      {"HardSwish", xnn_unary_hardswish},
      {"Exp", xnn_unary_exp},
      {"Abs", xnn_unary_abs},
      {"Neg", xnn_unary_negate},
      {"Floor", xnn_unary_floor},
      {"Ceil", xnn_unary_ceiling},
      {"Round", xnn_unary_bankers_rounding},
      {"Tanh", xnn_unary_tanh},
  }};
  const auto plain = std::ranges::find(kPlain, std::string_view(node.op_type),
                                       &std::pair<std::string_view, xnn_unary_operator>::first);
  UnaryOperator op;
  if (plain != kPlain.end()) {
    op.type = plain->second;
  } else if (node.op_type == "Relu") {
    op.type = xnn_unary_clamp;
    op.params.clamp = {0.0F, kInfinity};
  } else if (node.op_type == "Clip") {
    const auto lower = clip_bound(node, graph, 1, "min", -kInfinity);
    const auto upper = clip_bound(node, graph, 2, "max", kInfinity);
    if (!lower || !upper || !(*lower < *upper)) return std::nullopt;
    op.type = xnn_unary_clamp;
    op.params.clamp = {*lower, *upper};
  } else if (node.op_type == "LeakyRelu") {
    op.type = xnn_unary_leaky_relu;
    op.params.leaky_relu = {node.float_or("alpha", 0.01F)};
  } else if (node.op_type == "Elu") {
    op.type = xnn_unary_elu;
    op.params.elu = {node.float_or("alpha", 1.0F)};
  } else {
    return std::nullopt;
  }
  return op;
}

bool is_float(const Node& node, const Graph& graph) {
  return !node.inputs.empty() && node.inputs[0] != kNoValue && graph.values[node.inputs[0]].type == DataType::kFloat32;
}

// Scale and zero point of a conversion between float32 and int8 of whole tensors.
std::optional<xnn_quantization_params> quantization_of(const Node& node, const Graph& graph) {
  if (node.inputs.size() < 3 || !graph.is_constant(node.inputs[1]) || !graph.is_constant(node.inputs[2]))
    return std::nullopt;
  const TensorView& scale = *graph.values[node.inputs[1]].constant;
  const TensorView& zero_point = *graph.values[node.inputs[2]].constant;
  if (scale.type != DataType::kFloat32 || scale.as<float>().size() != 1) return std::nullopt;
  if (zero_point.type != DataType::kInt8 || zero_point.as<std::int8_t>().size() != 1) return std::nullopt;
  // The range of XNNPACK's conversions.
  const float value = scale.as<float>().front();
  if (!(value >= 0x1.0p-32F && value <= 256.0F)) return std::nullopt;
  return xnn_quantization_params{zero_point.as<std::int8_t>().front(), value};
}

}  // namespace

MadeKernel make_unary(const Node& node, const KernelContext& context) {
  if (!is_float(node, context.graph)) return fail(ErrorCode::kUnsupportedType, "only float32 is supported");
  const auto form = unary_operator(node, context.graph);
  if (!form) return fail(ErrorCode::kUnsupportedOperator, "the bounds are not constants in order");
  if (auto ready = initialize(); !ready) return fail(ready.error());
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_unary_elementwise_nc(form->type, xnn_datatype_fp32, xnn_datatype_fp32, &form->params,
                                                      nullptr, nullptr, 0, &made);
  Operator op(made);
  // Parameters out of XNNPACK's range are no fault of the model: the plain kernel takes them.
  if (status == xnn_status_invalid_parameter)
    return fail(ErrorCode::kUnsupportedOperator, "an attribute is out of range");
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Unary>(DataType::kFloat32, DataType::kFloat32, std::move(op), context);
}

MadeKernel make_quantize(const Node& node, const KernelContext& context) {
  const auto quantization = quantization_of(node, context.graph);
  if (!quantization || !is_float(node, context.graph)) {
    return fail(ErrorCode::kUnsupportedType, "only float32 to int8 with one constant scale is supported");
  }
  if (auto ready = initialize(); !ready) return fail(ready.error());
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_unary_elementwise_nc(xnn_unary_convert, xnn_datatype_fp32, xnn_datatype_qint8, nullptr,
                                                      nullptr, &*quantization, 0, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Unary>(DataType::kFloat32, DataType::kInt8, std::move(op), context);
}

MadeKernel make_dequantize(const Node& node, const KernelContext& context) {
  const auto quantization = quantization_of(node, context.graph);
  const bool is_int8 = !node.inputs.empty() && node.inputs[0] != kNoValue &&
                       context.graph.values[node.inputs[0]].type == DataType::kInt8;
  if (!quantization || !is_int8) {
    return fail(ErrorCode::kUnsupportedType, "only int8 with one constant scale to float32 is supported");
  }
  if (auto ready = initialize(); !ready) return fail(ready.error());
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_unary_elementwise_nc(xnn_unary_convert, xnn_datatype_qint8, xnn_datatype_fp32, nullptr,
                                                      &*quantization, nullptr, 0, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Unary>(DataType::kInt8, DataType::kFloat32, std::move(op), context);
}

}  // namespace sluice::model::xnnpack
