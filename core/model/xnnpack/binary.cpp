// Elementwise operators on two tensors with broadcasting: float32 (ONNX's Add, Sub, Mul, Div, Max, Min) and the int8 addition
// of quantised residuals (QuantizedAdd of kNhwcDomain).
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/model/xnnpack/broadcast.hpp"
#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/operator.hpp"
#include "core/model/xnnpack/quantized_form.hpp"

namespace sluice::model::xnnpack {
namespace {

class Binary final : public Kernel {
 public:
  Binary(DataType type, Operator op, const KernelContext& context)
      : type_(type),
        operator_(std::move(op)),
        threads_(context.threads),
        memory_limit_bytes_(context.memory_limit_bytes) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    const Shape& a = inputs[0].shape;
    const Shape& b = inputs[1].shape;
    if (inputs[0].type != type_ || inputs[1].type != type_) {
      return fail(ErrorCode::kUnsupportedType, {"the inputs are not both ", type_name(type_)});
    }
    const auto output = broadcast(a, b);
    if (!output)
      return fail(ErrorCode::kInvalidGraph, {"shapes ", to_string(a), " and ", to_string(b), " do not broadcast"});
    const auto size = dense_size(type_, *output, memory_limit_bytes_);
    if (!size) return fail(size.error());
    outputs[0] = {type_, *output};
    empty_ = *size == 0;
    if (empty_) return {};
    if (a.rank() > XNN_MAX_TENSOR_DIMS || b.rank() > XNN_MAX_TENSOR_DIMS) {
      return fail(ErrorCode::kUnsupportedOperator, "more than 6 dimensions");
    }
    const Sizes a_sizes = sizes_of(a);
    const Sizes b_sizes = sizes_of(b);
    return check(xnn_reshape_binary_elementwise_nd(operator_.get(), a.rank(), a_sizes.data(), b.rank(), b_sizes.data(),
                                                   threads_),
                 "reshape");
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    if (empty_) return {};
    const auto status = xnn_setup_binary_elementwise_nd(operator_.get(), inputs[0].bytes.data(), inputs[1].bytes.data(),
                                                        outputs[0].bytes.data());
    if (auto ready = check(status, "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

 private:
  DataType type_;
  Operator operator_;
  pthreadpool* threads_;
  std::size_t memory_limit_bytes_;
  bool empty_ = false;
};

std::optional<xnn_binary_operator> binary_operator(std::string_view op_type) {
  constexpr std::array<std::pair<std::string_view, xnn_binary_operator>, 6> kOperators = {{
      {"Add", xnn_binary_add},
      {"Sub", xnn_binary_subtract},
      {"Mul", xnn_binary_multiply},
      {"Div", xnn_binary_divide},
      {"Max", xnn_binary_maximum},
      {"Min", xnn_binary_minimum},
  }};
  const auto found = std::ranges::find(kOperators, op_type, &std::pair<std::string_view, xnn_binary_operator>::first);
  return found != kOperators.end() ? std::optional(found->second) : std::nullopt;
}

xnn_quantization_params params_of(const Int8Quantization& quantization) {
  return {quantization.zero_point, quantization.scale};
}

}  // namespace

MadeKernel make_binary(const Node& node, const KernelContext& context) {
  const auto type = binary_operator(node.op_type);
  if (!type || node.inputs.size() != 2) return fail(ErrorCode::kUnsupportedOperator, "not an operator on two tensors");
  for (const ValueId input : node.inputs) {
    if (input == kNoValue || context.graph.values[input].type != DataType::kFloat32) {
      return fail(ErrorCode::kUnsupportedType, "only float32 is supported");
    }
    const auto& shape = context.graph.values[input].shape;
    if (shape && shape->rank() > XNN_MAX_TENSOR_DIMS)
      return fail(ErrorCode::kUnsupportedOperator, "more than 6 dimensions");
  }
  if (auto ready = initialize(); !ready) return fail(ready.error());
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_binary_elementwise_nd(*type, xnn_datatype_fp32, nullptr, nullptr, nullptr, 0, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Binary>(DataType::kFloat32, std::move(op), context);
}

MadeKernel make_quantized_add(const Node& node, const KernelContext& context) {
  if (auto ready = initialize(); !ready) return fail(ready.error());
  const auto a = params_of(read_quantization(node, "a"));
  const auto b = params_of(read_quantization(node, "b"));
  const auto output = params_of(read_quantization(node, "output"));
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_binary_elementwise_nd(xnn_binary_add, xnn_datatype_qint8, &a, &b, &output, 0, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Binary>(DataType::kInt8, std::move(op), context);
}

}  // namespace sluice::model::xnnpack
