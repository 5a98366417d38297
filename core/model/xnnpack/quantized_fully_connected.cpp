// QuantizedFullyConnected of kNhwcDomain: int8 rows times symmetric int8 weights with a scale for each output.
#include "core/model/xnnpack/fully_connected_form.hpp"
#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/operator.hpp"
#include "core/model/xnnpack/quantized_form.hpp"

namespace sluice::model::xnnpack {
namespace {

class QuantizedFullyConnected final : public Kernel {
 public:
  QuantizedFullyConnected(const FullyConnectedForm& form, Operator op, pthreadpool* threads)
      : form_(form), operator_(std::move(op)), threads_(threads) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    if (inputs[0].type != DataType::kInt8) return fail(ErrorCode::kUnsupportedType, "the input is not int8");
    const auto sizes = fully_connected_output(form_, inputs[0].shape);
    if (!sizes) return fail(sizes.error());
    const auto status = xnn_reshape_fully_connected_nc_qs8_qc8w(operator_.get(), sizes->rows, threads_);
    if (auto reshaped = check(status, "reshape"); !reshaped) return reshaped;
    outputs[0] = {DataType::kInt8, sizes->output};
    rows_ = sizes->rows;
    return {};
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    if (rows_ == 0) return {};
    const auto status = xnn_setup_fully_connected_nc_qs8_qc8w(operator_.get(), inputs[0].as<std::int8_t>().data(),
                                                              outputs[0].as<std::int8_t>().data());
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

MadeKernel make_quantized_fully_connected(const Node& node, const KernelContext& context) {
  if (auto ready = initialize(); !ready) return fail(ready.error());
  const auto form = read_fully_connected(node, context);
  if (!form) return fail(form.error());
  const auto quantized = read_quantized(node, context, form->outputs);
  if (!quantized) return fail(quantized.error());
  const TensorView& weights = *context.graph.values[node.inputs[1]].constant;
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_fully_connected_nc_qs8_qc8w(
      form->inputs, form->outputs, form->inputs, form->outputs, quantized->input.zero_point, quantized->input.scale,
      quantized->weight_scales.data(), weights.as<std::int8_t>().data(), quantized->bias, quantized->output.zero_point,
      quantized->output.scale, quantized->output_min, quantized->output_max,
      form->transposed ? 0 : XNN_FLAG_TRANSPOSE_WEIGHTS, nullptr, nullptr, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<QuantizedFullyConnected>(*form, std::move(op), context.threads);
}

}  // namespace sluice::model::xnnpack
