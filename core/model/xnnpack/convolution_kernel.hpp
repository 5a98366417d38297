// A convolution as XNNPACK runs it, float32 and int8 alike: they differ in the element and in XNNPACK's two functions. Owns
// the operator and its workspace, borrows the threads.
#pragma once

#include <utility>

#include "core/model/xnnpack/convolution_form.hpp"
#include "core/model/xnnpack/operator.hpp"

namespace sluice::model::xnnpack {

template <typename T, auto reshape_operator, auto set_up_operator>
class ConvolutionKernel final : public Kernel {
 public:
  ConvolutionKernel(const ConvolutionForm& form, Operator op, pthreadpool* threads)
      : form_(form), operator_(std::move(op)), threads_(threads) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    if (inputs[0].type != data_type_of<T>) {
      return fail(ErrorCode::kUnsupportedType,
                  {"the input is ", type_name(inputs[0].type), ", not ", type_name(data_type_of<T>)});
    }
    const Shape& input = inputs[0].shape;
    const auto output = convolution_output(form_, input);
    if (!output) return fail(output.error());
    std::size_t workspace_bytes = 0;
    std::size_t workspace_alignment = 1;
    const auto status = reshape_operator(operator_.get(), static_cast<std::size_t>(input[0]),
                                         static_cast<std::size_t>(input[1]), static_cast<std::size_t>(input[2]),
                                         &workspace_bytes, &workspace_alignment, nullptr, nullptr, threads_);
    if (auto reshaped = check(status, "reshape"); !reshaped) return reshaped;
    outputs[0] = {data_type_of<T>, *output};
    multiply_adds_ = count_multiply_adds(form_, *output);
    return workspace_.reserve(workspace_bytes, workspace_alignment);
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    const auto status =
        set_up_operator(operator_.get(), workspace_.data(), inputs[0].as<T>().data(), outputs[0].as<T>().data());
    if (auto ready = check(status, "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

  std::uint64_t multiply_adds() const override { return multiply_adds_; }

 private:
  ConvolutionForm form_;
  Operator operator_;
  pthreadpool* threads_;
  Workspace workspace_;
  std::uint64_t multiply_adds_ = 0;
};

}  // namespace sluice::model::xnnpack
