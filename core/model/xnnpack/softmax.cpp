// ONNX's Softmax over the last dimensions, float32: from opset 13 of the last dimension, before of all from the axis on.
#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/operator.hpp"

namespace sluice::model::xnnpack {
namespace {

class Softmax final : public Kernel {
 public:
  Softmax(std::int64_t axis, bool flattens, Operator op, const KernelContext& context)
      : axis_(axis),
        flattens_(flattens),
        operator_(std::move(op)),
        threads_(context.threads),
        memory_limit_bytes_(context.memory_limit_bytes) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    const Shape& shape = inputs[0].shape;
    const auto rank = static_cast<std::int64_t>(shape.rank());
    if (inputs[0].type != DataType::kFloat32) return fail(ErrorCode::kUnsupportedType, "the input is not float32");
    const std::int64_t axis = axis_ < 0 ? axis_ + rank : axis_;
    if (axis < 0 || axis >= rank) {
      return fail(ErrorCode::kInvalidGraph, {"axis = ", axis_, " is outside of shape ", to_string(shape)});
    }
    if (!flattens_ && axis != rank - 1) return fail(ErrorCode::kUnsupportedOperator, "the axis is not the last one");
    const auto size = dense_size(DataType::kFloat32, shape, memory_limit_bytes_);
    if (!size) return fail(size.error());
    outputs[0] = {DataType::kFloat32, shape};
    empty_ = *size == 0;
    if (empty_) return {};
    std::size_t channels = 1;
    for (std::int64_t i = axis; i < rank; ++i) channels *= static_cast<std::size_t>(shape[static_cast<std::size_t>(i)]);
    const std::size_t rows = *size / sizeof(float) / channels;
    return check(xnn_reshape_softmax_nc_f32(operator_.get(), channels, channels, channels, rows, threads_), "reshape");
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    if (empty_) return {};
    const auto status =
        xnn_setup_softmax_nc_f32(operator_.get(), inputs[0].as<float>().data(), outputs[0].as<float>().data());
    if (auto ready = check(status, "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

 private:
  std::int64_t axis_;
  bool flattens_;
  Operator operator_;
  pthreadpool* threads_;
  std::size_t memory_limit_bytes_;
  bool empty_ = false;
};

}  // namespace

MadeKernel make_softmax(const Node& node, const KernelContext& context) {
  if (node.inputs.empty() || node.inputs[0] == kNoValue) return fail(ErrorCode::kInvalidGraph, "there is no input");
  const Value& input = context.graph.values[node.inputs[0]];
  if (input.type != DataType::kFloat32 || !input.shape) {
    return fail(ErrorCode::kUnsupportedType, "only float32 of a known shape is supported");
  }
  const bool flattens = context.graph.opset < 13;
  const std::int64_t axis = node.int_or("axis", flattens ? 1 : -1);
  const auto rank = static_cast<std::int64_t>(input.shape->rank());
  if (!flattens && axis != -1 && axis != rank - 1) {
    return fail(ErrorCode::kUnsupportedOperator, "only the last axis is supported");
  }
  if (auto ready = initialize(); !ready) return fail(ready.error());
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_softmax_nc_f32(0, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Softmax>(axis, flattens, std::move(op), context);
}

}  // namespace sluice::model::xnnpack
