// FullyConnected of kNhwcDomain: [..., K] times constant weights ([N, K] with transB = 1, else [K, N]) plus bias, float32,
// with fused bounds.
#include <algorithm>
#include <limits>

#include "core/model/xnnpack/fully_connected_form.hpp"
#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/operator.hpp"

namespace sluice::model::xnnpack {
namespace {

class FullyConnected final : public Kernel {
 public:
  FullyConnected(const FullyConnectedForm& form, Operator op, pthreadpool* threads)
      : form_(form), operator_(std::move(op)), threads_(threads) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    if (inputs[0].type != DataType::kFloat32) return fail(ErrorCode::kUnsupportedType, "the input is not float32");
    const auto sizes = fully_connected_output(form_, inputs[0].shape);
    if (!sizes) return fail(sizes.error());
    if (auto reshaped = check(xnn_reshape_fully_connected_nc_f32(operator_.get(), sizes->rows, threads_), "reshape");
        !reshaped) {
      return reshaped;
    }
    outputs[0] = {DataType::kFloat32, sizes->output};
    rows_ = sizes->rows;
    return {};
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    if (rows_ == 0) return {};
    const auto status =
        xnn_setup_fully_connected_nc_f32(operator_.get(), inputs[0].as<float>().data(), outputs[0].as<float>().data());
    if (auto ready = check(status, "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

  std::uint64_t multiply_adds() const override { return rows_ * form_.inputs * form_.outputs; }

 private:
  FullyConnectedForm form_;
  Operator operator_;
  pthreadpool* threads_;
  std::size_t rows_ = 0;
};

}  // namespace

MadeKernel make_fully_connected(const Node& node, const KernelContext& context) {
  if (auto ready = initialize(); !ready) return fail(ready.error());
  const auto form = read_fully_connected(node, context);
  if (!form) return fail(form.error());
  const TensorView& weights = *context.graph.values[node.inputs[1]].constant;
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
  const TensorView bias = has_bias ? *context.graph.values[node.inputs[2]].constant : TensorView{};
  if (weights.type != DataType::kFloat32 || (has_bias && bias.type != DataType::kFloat32)) {
    return fail(ErrorCode::kUnsupportedType, "weights and bias must be float32");
  }
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_fully_connected_nc_f32(
      form->inputs, form->outputs, form->inputs, form->outputs, weights.as<float>().data(),
      has_bias ? bias.as<float>().data() : nullptr, node.float_or("activation_min", -kInfinity),
      node.float_or("activation_max", kInfinity), form->transposed ? 0 : XNN_FLAG_TRANSPOSE_WEIGHTS, nullptr, nullptr,
      &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<FullyConnected>(*form, std::move(op), context.threads);
}

}  // namespace sluice::model::xnnpack
